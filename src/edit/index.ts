/** The vocabulary: what an edit is, which parameters it has, how presets merge. Plain data and pure functions, no I/O. */
export * from './blob.ts';
export * from './catalog.ts';
export * from './choices.ts';
export * from './fields.ts';
export * from './infotext.ts';
export * from './infotext-text.ts';
export * from './lineage.ts';
export * from './names.ts';
export * from './params.ts';
export * from './presets.ts';
export * from './recipes.ts';
export * from './request.ts';
export * from './resolve.ts';
export * from './sampler-names.ts';
export * from './script.ts';
export * from './size.ts';
