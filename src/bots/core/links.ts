import { lookup } from 'node:dns/promises';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { BlockList, isIP } from 'node:net';
import { Refusal } from '../../errors.ts';
import type { RemoteFile } from './platform.ts';

/** Where Discord keeps what people attach. */
const usualHosts = ['cdn.discordapp.com', 'media.discordapp.net'] as const;
const REDIRECTS = 3;
const WITHIN_MS = 15_000;

/** Addresses of nobody, of this machine, of its neighbourhood, of many at once. Source: IANA's special-purpose registries, RFC 6890. */
const inward = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/4', '240.0.0.0/4', '2001::/23', '2001:db8::/32', '2002::/16'],
];
/** Outside of this no address of IPv6 leads out; those that carry one of IPv4 are outside, too. */
const outward = ['2000::/3'];

function listOf(nets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const net of nets) {
    const [address = '', prefix] = net.split('/');
    list.addSubnet(address, Number(prefix), isIP(address) === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}

const isInward = listOf(inward);
const isOutward = listOf(outward);

/** Whether an address leads out into the internet. */
export function isPublic(address: string): boolean {
  const kind = isIP(address);
  if (kind === 4) return !isInward.check(address, 'ipv4');
  return kind === 6 && isOutward.check(address, 'ipv6') && !isInward.check(address, 'ipv6');
}

export interface LinkOptions {
  /** Hosts whose pictures may be linked to, besides Discord's. */
  readonly hosts?: readonly string[] | undefined;
  /** Every address of a host; asks the system's resolver, when not given. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  /** Asks for a file at one address of its host, redirects not followed; over TLS, when not given. */
  readonly dial?: (url: URL, address: string, signal: AbortSignal) => Promise<IncomingMessage>;
}

/** Follows links to pictures, out of this house and to known hosts alone. */
export interface Links {
  /** The file a link leads to, with at most so many bytes. @throws Refusal 'link-not-followed', 'link-expired' */
  file(link: string, limit: number, now: number): RemoteFile;
}

const resolveBySystem = async (host: string) => (await lookup(host, { all: true })).map(({ address }) => address);

/** The connection goes to the very address that was looked at: a name that is answered otherwise a moment later changes nothing. */
const dialByTls: NonNullable<LinkOptions['dial']> = (url, address, signal) =>
  new Promise((resolve, reject) => {
    const request = get(url, {
      signal,
      headers: { accept: 'image/*', 'user-agent': 'Palimpsest' },
      lookup: (_, options, told) =>
        options.all ? told(null, [{ address, family: isIP(address) }]) : told(null, address, isIP(address)),
    });
    request.once('response', resolve).once('error', reject);
  });

/** Discord says in hexadecimal seconds until when it gives out a file. Source: discord.com/developers/docs/reference, "Signed Attachment CDN URLs". */
function isOver({ searchParams }: URL, now: number): boolean {
  const until = searchParams.get('ex');
  return until !== null && Number.parseInt(until, 16) * 1000 <= now;
}

async function bytesOf(response: IncomingMessage, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > limit) throw new Refusal('file-too-big', { bytes, limit }); // and the connection is cut
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Where an answer without a file sends one on to. @throws Refusal 'link-expired' @throws Error for one that says nothing of the kind */
function sentOnTo(response: IncomingMessage): string {
  const { statusCode = 0, headers } = response;
  response.destroy();
  if ([403, 404, 410].includes(statusCode)) throw new Refusal('link-expired', {});
  if (statusCode < 300 || statusCode > 399 || !headers.location) throw new Error(`the host said ${statusCode}`);
  return headers.location;
}

export function openLinks({ hosts = [], resolve = resolveBySystem, dial = dialByTls }: LinkOptions = {}): Links {
  const known: readonly string[] = [...usualHosts, ...hosts];
  const checked = (link: string, base?: URL): URL => {
    const url = URL.canParse(link, base?.href) ? new URL(link, base) : undefined;
    const isFollowed = url?.protocol === 'https:' && url.port === '' && known.includes(url.hostname);
    if (!url || !isFollowed || url.username !== '') throw new Refusal('link-not-followed', { hosts: known });
    return url;
  };
  const follow = async (link: URL, signal: AbortSignal): Promise<IncomingMessage> => {
    let url = link;
    for (let redirects = 0; redirects <= REDIRECTS; redirects += 1) {
      const addresses = await resolve(url.hostname);
      const [address] = addresses;
      if (!address || !addresses.every(isPublic)) throw new Refusal('link-not-followed', { hosts: known });
      const response = await dial(url, address, signal);
      if (response.statusCode === 200) return response;
      url = checked(sentOnTo(response), url);
    }
    throw new Error('too many redirects');
  };
  return {
    file: (link, limit, now) => {
      const url = checked(link);
      if (isOver(url, now)) throw new Refusal('link-expired', {});
      const name = url.pathname.split('/').at(-1) ?? '';
      const download = async (given: AbortSignal) => {
        const signal = AbortSignal.any([given, AbortSignal.timeout(WITHIN_MS)]);
        try {
          return await bytesOf(await follow(url, signal), limit);
        } catch (cause) {
          if (cause instanceof Refusal) throw cause;
          throw new Refusal('download-failed', { host: url.hostname }, { cause });
        }
      };
      return { role: 'image', name, size: null, spoiler: name.startsWith('SPOILER_'), download };
    },
  };
}
