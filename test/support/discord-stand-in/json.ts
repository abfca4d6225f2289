/** JSON as it comes off the wire: read with the functions below, never believed. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

export const asObject = (value: Json | undefined): JsonObject =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as JsonObject) : {};
export const asArray = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
export const asText = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
export const asNumber = (value: Json | undefined): number => (typeof value === 'number' ? value : 0);

/** An answer other than success, as the API words it. `errors` maps `components.0.label` to what is wrong there. */
export class ApiFault extends Error {
  override readonly name = 'ApiFault';
  readonly status: number;
  readonly code: number;
  readonly errors: Readonly<Record<string, string>>;
  constructor(status: number, code: number, message: string, errors: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.errors = errors;
  }
}

/** Source: discord.com/developers/docs/topics/opcodes-and-status-codes, "JSON Error Codes". */
const knownCodes: Readonly<Record<number, readonly [status: number, message: string]>> = {
  10003: [404, 'Unknown Channel'],
  10004: [404, 'Unknown Guild'],
  10008: [404, 'Unknown Message'],
  10013: [404, 'Unknown User'],
  10015: [404, 'Unknown Webhook'],
  10062: [404, 'Unknown interaction'],
  30046: [429, 'Maximum number of edits to messages older than 1 hour reached. Try again later'],
  40005: [413, 'Request entity too large'],
  40060: [400, 'Interaction has already been acknowledged.'],
  40094: [400, 'Maximum number of follow up messages for this interaction reached'],
  50001: [403, 'Missing Access'],
  50005: [403, 'Cannot edit a message authored by another user'],
  50006: [400, 'Cannot send an empty message'],
  50007: [403, 'Cannot send messages to this user'],
  50013: [403, 'Missing Permissions'],
  50024: [400, 'Cannot execute action on this channel type'],
  50027: [401, 'Invalid Webhook Token'],
  50083: [400, 'Thread is archived'],
  160004: [400, 'A thread has already been created for this message'],
};

/** The API's answer for a known error code. */
export function fault(code: number): ApiFault {
  const [status, message] = knownCodes[code] ?? [400, `Error ${code}`];
  return new ApiFault(status, code, message);
}

/** 400 50035 with the place of the mistake. Source: discord.com/developers/docs/reference, "Error Messages". */
export function invalid(path: string, message: string): ApiFault {
  return new ApiFault(400, 50035, 'Invalid Form Body', { [path]: message });
}

/** The body of a fault: dotted paths become nested objects ending in `_errors`. */
export function faultBody(error: ApiFault): Json {
  const errors: Record<string, Json> = {};
  for (const [path, message] of Object.entries(error.errors)) {
    let leaf = errors;
    for (const key of path.split('.')) {
      const inner: Record<string, Json> = { ...asObject(leaf[key]) } as Record<string, Json>;
      leaf[key] = inner;
      leaf = inner;
    }
    leaf._errors = [{ code: 'INVALID', message }];
  }
  return { message: error.message, code: error.code, ...(Object.keys(errors).length > 0 && { errors }) };
}
