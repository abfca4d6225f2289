/** `1 step`, `2 steps`: English counts. */
export const plural = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;
