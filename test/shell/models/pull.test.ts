import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Pull, type PullIo, pull } from '../../../src/shell/models/pull.ts';
import { temporaryFolder } from '../../engine/weights/safetensors-file.ts';
import { type Answer, fileServer, sendRange } from './file-server.ts';

const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 7) % 251));
const sha256 = createHash('sha256').update(bytes).digest('hex');
const quick: Pick<PullIo, 'retryAfterMs' | 'stallMs'> = { retryAfterMs: [1, 1, 1], stallMs: 2000 };

/** A folder, a server, and `fetch` for a file of the one from the other. */
async function stage(answer: Answer) {
  const folder = await temporaryFolder();
  const server = await fileServer(answer);
  const path = join(folder.path, 'Lora', 'hat.safetensors');
  const seen: [number, number | null][] = [];
  const io: PullIo = { ...quick, report: (done, total) => void seen.push([done, total]), check: async () => {} };
  return {
    ...{ folder, server, path, seen },
    fetch: (given: Partial<Pull> = {}, more: Partial<PullIo> = {}) =>
      pull({ url: `${server.url}/hat`, path, sha256, ...given }, { ...io, ...more }),
    files: () => readdir(join(folder.path, 'Lora')),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

test('a file comes whole, and nothing of the way there is left', async () => {
  await using at = await stage((response, asked) => sendRange(response, asked, bytes));
  await at.fetch();
  expect(await readFile(at.path)).toEqual(bytes);
  expect(await at.files()).toEqual(['hat.safetensors']);
  expect(at.seen.at(-1)).toEqual([bytes.length, bytes.length]);
});

test('a connection that breaks is gone on with where it broke', async () => {
  await using at = await stage((response, asked, n) =>
    sendRange(response, asked, bytes, n < 2 ? { upTo: 70_000 } : {}),
  );
  await at.fetch();
  expect(await readFile(at.path)).toEqual(bytes);
  const starts = at.server.asked.map(({ range }) => Number(/\d+/.exec(range ?? '0')?.[0]));
  expect(starts).toHaveLength(3); // a connection that breaks may take with it what nobody has read
  expect(starts).toEqual(starts.toSorted((a, b) => a - b));
  expect(starts[0]).toBe(0);
  expect(at.server.asked[1]?.ifRange).toBe('"1"');
});

test('one that breaks too often is told of, and the next run goes on with what came', async () => {
  await using at = await stage((response, asked, n) =>
    sendRange(response, asked, bytes, n < 4 ? { upTo: 30_000 } : {}),
  );
  await expect(at.fetch()).rejects.toThrow('Run it again to go on where it stopped');
  expect(await at.files()).toEqual(['hat.safetensors.part', 'hat.safetensors.part.json']);
  const { size } = await stat(`${at.path}.part`);
  expect(size).toBeGreaterThan(0);
  await at.fetch();
  expect(at.server.asked.at(-1)?.range).toBe(`bytes=${size}-`);
  expect(await readFile(at.path)).toEqual(bytes);
});

test('a file that changed on the server meanwhile is begun anew', async () => {
  const later = Buffer.from(bytes).reverse();
  await using at = await stage((response, asked, n) =>
    n === 0
      ? sendRange(response, asked, bytes, { upTo: 50_000 })
      : sendRange(response, asked, later, { version: '"2"' }),
  );
  await at.fetch({ sha256: undefined });
  expect(await readFile(at.path)).toEqual(later);
});

test('what another address left behind is not gone on with', async () => {
  await using at = await stage((response, asked) => sendRange(response, asked, bytes));
  await mkdir(join(at.folder.path, 'Lora'));
  await writeFile(`${at.path}.part`, 'something else');
  await writeFile(`${at.path}.part.json`, JSON.stringify({ url: 'https://example.com/x', version: '"1"' }));
  await at.fetch();
  expect(await readFile(at.path)).toEqual(bytes);
});

test('a part that was the whole file is only checked and put in its place', async () => {
  await using at = await stage((response, asked) => sendRange(response, asked, bytes));
  await mkdir(join(at.folder.path, 'Lora'));
  await writeFile(`${at.path}.part`, bytes);
  await writeFile(`${at.path}.part.json`, JSON.stringify({ url: `${at.server.url}/hat`, version: '"1"' }));
  await at.fetch();
  expect(at.server.asked.map(({ range }) => range)).toEqual(['bytes=200000-']);
  expect(await readFile(at.path)).toEqual(bytes);
});

test('a server that is busy is asked again', async () => {
  await using at = await stage((response, asked, n) =>
    n === 0 ? response.writeHead(503, { 'retry-after': '0' }).end() : sendRange(response, asked, bytes),
  );
  await at.fetch();
  expect(at.server.asked).toHaveLength(2);
});

test('a server that falls silent counts as broken', async () => {
  await using at = await stage((response, asked, n) => {
    if (n > 0) sendRange(response, asked, bytes);
    else response.writeHead(200, { 'content-length': bytes.length, etag: '"1"' }).write(bytes.subarray(0, 1000));
  });
  await at.fetch({}, { stallMs: 300 });
  expect(await readFile(at.path)).toEqual(bytes);
});

const refusals: readonly (readonly [string, Answer, string, number])[] = [
  ['has no such file', (response) => response.writeHead(404).end(), 'has no such file (404)', 1],
  ['wants a login', (response) => response.writeHead(403).end(), 'does not give it to everybody (403)', 1],
  ['has nothing there any more', (response) => response.writeHead(416).end(), 'does not belong to this file (416)', 1],
  [
    'answers with a web page',
    (response) => response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>'),
    'a web page in place of a file',
    1,
  ],
  [
    'sends us on without an end',
    (response) => response.writeHead(302, { location: '/again' }).end(),
    'from address to address without an end',
    11,
  ],
  [
    'sends us on to an unsafe address',
    (response) => response.writeHead(302, { location: 'http://example.com/hat' }).end(),
    'http://example.com is not an https address',
    1,
  ],
  ...['10.0.0.8', '192.168.1.1', '169.254.169.254', '[fd00::1]', '[::ffff:10.0.0.8]', 'nas.local'].map(
    (host): (typeof refusals)[number] => [
      `sends us on to ${host}`,
      (response) => response.writeHead(302, { location: `https://${host}/hat` }).end(),
      'an address within this network',
      1,
    ],
  ),
  [
    'announces more than fits on any disk',
    (response) => response.writeHead(200, { 'content-length': 5e15 }).write('x'),
    'are still to come and only',
    1,
  ],
  [
    'promises more than it sends, every time',
    (response) => {
      response
        .writeHead(200, { 'content-length': 1000 })
        .write('short', () => setTimeout(() => response.destroy(), 20));
    },
    'the connection broke too often',
    4,
  ],
];

test.each(refusals)('a server that %s is told of in a sentence', async (_, answer, sentence, requests) => {
  await using at = await stage(answer);
  await expect(at.fetch({ sha256: undefined })).rejects.toThrow(sentence);
  expect(at.server.asked).toHaveLength(requests);
});

test('a server that sends more than it announced is not believed', async () => {
  await using at = await stage((response, asked) => {
    if (asked.range === undefined) return sendRange(response, asked, bytes, { upTo: 1000 }); // until some of it has come
    response.writeHead(206, { 'content-range': 'bytes 1000-1009/1010', etag: '"1"' }); // no length: in chunks
    response.end(bytes.subarray(1000, 9000));
  });
  await expect(at.fetch()).rejects.toThrow('announced 1010 bytes and sends more');
});

test('a server that sends another part than it was asked for is not believed', async () => {
  await using at = await stage((response, asked) => {
    if (asked.range === undefined) return sendRange(response, asked, bytes, { upTo: 1000 }); // until some of it has come
    response.writeHead(206, { 'content-range': 'bytes 5-199999/200000', etag: '"1"' }).end(bytes.subarray(5));
  });
  await expect(at.fetch()).rejects.toThrow('asked for bytes from 1000 on and sends others');
});

test('what is not what it should be is thrown away', async () => {
  await using at = await stage((response, asked) => sendRange(response, asked, bytes));
  await expect(at.fetch({ sha256: 'ab'.repeat(32) })).rejects.toThrow('its SHA-256 is');
  await expect(at.fetch({}, { check: () => Promise.reject(new Error('it holds no tensors')) })).rejects.toThrow(
    'was thrown away: it holds no tensors',
  );
  expect(await at.files()).toEqual([]);
});

test('a file that is there is never overwritten, even when it appears while another comes', async () => {
  await using at = await stage((response, asked) => sendRange(response, asked, bytes));
  const appear = async () => writeFile(at.path, 'mine');
  await expect(at.fetch({}, { check: appear })).rejects.toThrow('is there already');
  await expect(at.fetch()).rejects.toThrow('is there already');
  expect(await readFile(at.path, 'utf8')).toBe('mine');
  expect(at.server.asked).toHaveLength(1);
});

test('only https is spoken to', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'x.pt');
  for (const url of ['http://example.com/x.pt', 'ftp://example.com/x.pt', 'file:///etc/passwd', 'nonsense']) {
    const refused = pull({ url, path }, { ...quick, report() {}, check: async () => {} });
    await expect(refused, url).rejects.toThrow(/is not an https address|is no address/);
  }
});
