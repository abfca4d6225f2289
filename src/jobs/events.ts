import type { JobEvent } from './queue.ts';

/** Larger previews are left out: pictures belong in the blob store. */
const previewLimit = 100_000;

/** An event as it crosses Redis: JSON, a preview in base64. */
export function encodeEvent(event: JobEvent): string {
  if (event.kind !== 'progress') return JSON.stringify(event);
  const { preview, ...progress } = event.progress;
  const small = preview && preview.byteLength <= previewLimit ? Buffer.from(preview).toString('base64') : undefined;
  return JSON.stringify({ ...event, progress, preview: small });
}

/** The event that `encodeEvent`, or a script, wrote. */
export function decodeEvent(json: string): JobEvent {
  const event = JSON.parse(json) as JobEvent & { readonly preview?: string };
  if (event.kind !== 'progress' || event.preview === undefined) return event;
  const preview = new Uint8Array(Buffer.from(event.preview, 'base64'));
  return { kind: 'progress', id: event.id, progress: { ...event.progress, preview } };
}
