import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';

/** Who may come in: whoever has the token, once from the link and then from the cookie. */
export interface Entrance {
  readonly token: string;
  /** Refuses pages of other origins (403) and whoever has neither cookie nor token (401). */
  readonly guard: MiddlewareHandler;
  /** For a request with the right `?token=`: the page that sets the cookie and goes on without the token. */
  enter(context: Context): Response | undefined;
}

export function createEntrance(port: number, names: ReadonlySet<string>): Entrance {
  const token = randomBytes(32).toString('base64url');
  // The cookie is another secret, so that it does not give the link away.
  const session = createHmac('sha256', token).update('session').digest('base64url');
  const cookie = `fw-${String(port)}`;
  const origins = new Set([...names].map((name) => `http://${name}`));

  return {
    token,
    async guard(context, next) {
      const origin = context.req.header('origin');
      const site = context.req.header('sec-fetch-site');
      const isChange = context.req.method !== 'GET' && context.req.method !== 'HEAD';
      const bearer = /^Bearer ([\w-]{1,200})$/.exec(context.req.header('authorization') ?? '')?.[1];
      if (origin !== undefined && !origins.has(origin)) return refusal(context, 403, 'FW_UI_ORIGIN', 'Pages of other origins have no business here.');
      if (site !== undefined && site !== 'same-origin' && site !== 'none' && (isChange || context.req.path !== '/')) return refusal(context, 403, 'FW_UI_ORIGIN', 'Pages of other sites have no business here.');
      const hasToken = bearer !== undefined && isSame(bearer, token);
      // A script with the token is no page; a browser always says where a change comes from.
      if (isChange && origin === undefined && !hasToken) return refusal(context, 403, 'FW_UI_ORIGIN', 'A change has to say where it comes from: send Origin.');
      const given = cookieOf(context.req.header('cookie'), cookie);
      if (!hasToken && !(given !== undefined && isSame(given, session))) return unknownVisitor(context);
      return next();
    },
    enter(context) {
      const given = context.req.query('token');
      if (context.req.path !== '/' || given === undefined || !isSame(given, token)) return undefined;
      // A redirect would still be part of a navigation that another site began, and a strict cookie is not sent then.
      return context.html('<!doctype html><html lang="en"><head><meta charset="utf-8"><title>fw</title><link rel="icon" href="/icon.svg"><meta http-equiv="refresh" content="0; url=/"></head><body></body></html>', 200, {
        'Set-Cookie': `${cookie}=${session}; Path=/; HttpOnly; SameSite=Strict`,
      });
    },
  };
}

/** In words for a person who opened the page without the link. */
function unknownVisitor(context: Context): Response {
  const words = 'Open the link that "fw ui" printed when it started.';
  if (context.req.header('accept')?.includes('text/html') !== true) return refusal(context, 401, 'FW_UI_TOKEN', words);
  return context.html(`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>fw</title></head><body><h1>This dashboard has a key</h1><p>${words}</p></body></html>`, 401);
}

/** As every refusal of the dashboard says it. */
export function refusal(context: Context, status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 429 | 500 | 503, code: string, message: string): Response {
  return context.json({ code, message }, status);
}

function cookieOf(header: string | undefined, name: string): string | undefined {
  return header?.split(';').map((pair) => pair.trim()).find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** In a time that does not tell how much of it was right. */
function isSame(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
