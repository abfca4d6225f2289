import { isIP } from 'node:net';
import type { HttpBindings } from '@hono/node-server';
import type { Context, MiddlewareHandler } from 'hono';

const headers = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

function hostOf(c: Context): string {
  return c.req.header('host') ?? '';
}

/**
 * Whether a request names this server in a way no other site can arrange. A page elsewhere can point a name of its own at our
 * address (DNS rebinding), but not an address or `localhost`.
 */
export function isOurHost(host: string, own: string): boolean {
  const name = /^(\[[^\]]+\]|[^:]+)(?::\d+)?$/.exec(host)?.[1]?.toLowerCase();
  if (name === undefined) return false;
  return name === 'localhost' || name === own.toLowerCase() || isIP(name.replace(/^\[|\]$/g, '')) !== 0;
}

/** Refuses what comes from another site's page, and tells browsers what our page may do. `own`: the host we were told to listen on. */
export function guarded(own: string): MiddlewareHandler {
  return async (c, next) => {
    for (const [name, value] of Object.entries(headers)) c.header(name, value);
    if (!isOurHost(hostOf(c), own)) return c.text('This address is not mine.', 403);
    const origin = c.req.header('origin');
    const changes = c.req.method !== 'GET' && c.req.method !== 'HEAD';
    const isOurs = origin === `http://${hostOf(c)}` || origin === `https://${hostOf(c)}`;
    if ((origin !== undefined || changes) && !isOurs) return c.text('Another site may not do this.', 403);
    return next();
  };
}

/** Whether a request comes from this very machine. */
export function isLoopback({ incoming }: HttpBindings): boolean {
  const address = 'socket' in incoming ? (incoming.socket.remoteAddress ?? '') : '';
  return address === '::1' || /^(?:::ffff:)?127\./.test(address);
}
