/** What can be read off a card's texts; no browser needed. */

/** A title's parts: the picture's number, and what is said about it. */
export interface Title {
  /** `#3`; null for cards that are not about one finished picture. */
  readonly number: string | null;
  readonly rest: string;
}

/** Signs that stand before titles where colours are missing. */
const signs = /^(?:⏳|⚠\ufe0f?)\s*/u;

/** `#3 · img2img · @Ann` → number and rest. */
export function readTitle(title: string): Title {
  const plain = title.replace(signs, '');
  const match = /^(#\d+) · (.*)$/su.exec(plain);
  return match ? { number: match[1]!, rest: match[2]! } : { number: null, rest: plain };
}

/** How far a job is. */
export interface Progress {
  /** 0…100. */
  readonly percent: number;
  /** `7/20 · ~9 s` */
  readonly says: string;
}

/** A line that begins with a bar of text; undefined for any other. */
export function readProgress(line: string): Progress | undefined {
  const match = /^[▰▱]+ (\d{1,3}) %(?: · (.*))?$/u.exec(line);
  return match ? { percent: Math.min(100, Number(match[1])), says: match[2] ?? '' } : undefined;
}

/** What is typed and what it does, as help shows them: three blanks stand between; undefined for any other line. */
export function readUsage(line: string): { readonly typed: string; readonly does: string } | undefined {
  const match = /^(\S.*?) {3}(\S.*)$/su.exec(line);
  return match ? { typed: match[1]!, does: match[2]! } : undefined;
}

/** A line of a tree: what is drawn before it, and what it says; undefined for any other. */
export function readBranch(line: string): { readonly drawn: string; readonly says: string } | undefined {
  const match = /^([│\s]*[├└]─ )(.*)$/su.exec(line);
  return match ? { drawn: match[1]!, says: match[2]! } : undefined;
}

/** Somebody's words in quotation marks, without them; undefined for any other line. */
export function readPrompt(line: string): string | undefined {
  return /^"(.*)"$/su.exec(line)?.[1];
}
