import type { IConfiguration, IForbiddenRuleType } from 'dependency-cruiser';

/**
 * The plan of the house, from the ground up, as one list. A file may import what lies in its own place, in the places
 * and from the packages that its place names; all else is refused, types too. `npm run check` holds it.
 */
export interface Place {
  /** Folders or files from the root of the checkout. A file belongs to the last place that has it. */
  at: string[];
  /** Folders or files of other places. */
  from: string[];
  packages: string[];
  /** Whether it runs on Node and may import `node:*`; a page may not. */
  isNode: boolean;
}

/** Above the server's storeys: the only files that know every room. */
const serverRoof = ['app', 'start', 'cli', 'compose'].map((name) => `src-server/${name}.ts`);

/** Of the control server. Each place may import all that stand before it in this list, and none behind it. */
const storeys: { at: string[]; packages: string[] }[] = [
  { at: ['src-server/config.ts'], packages: ['ipaddr.js', 'zod'] },
  { at: ['src-server/client-address.ts'], packages: ['ipaddr.js'] },
  { at: ['src-server/tokens.ts'], packages: ['uuid'] },
  { at: ['src-server/logger.ts'], packages: ['pino'] },
  { at: ['src-server/keys'], packages: ['jose', 'zod'] },
  { at: ['src-server/db'], packages: ['kysely', 'pino', 'zod'] },
  { at: ['src-server/context.ts'], packages: ['pino'] },
  { at: ['src-server/audit'], packages: ['kysely', 'prom-client', 'zod'] },
  { at: ['src-server/mail'], packages: ['nodemailer', 'prom-client', 'zod'] },
  { at: ['src-server/metrics'], packages: ['prom-client'] },
  {
    at: ['src-server/http'],
    packages: ['@fastify/websocket', 'fastify', 'forwarded-parse', 'pino', 'zod'],
  },
  { at: ['src-server/proof/policy'], packages: [] },
  { at: ['src-server/proof/challenge'], packages: ['uuid', 'zod'] },
  { at: ['src-server/proof/mfa'], packages: ['@node-rs/argon2', 'otplib'] },
  { at: ['src-server/proof/unlock'], packages: ['@simplewebauthn/server', 'jose', 'zod'] },
  { at: ['src-server/access/channel'], packages: [] },
  { at: ['src-server/access/lease'], packages: ['ipaddr.js'] },
  { at: ['src-server/access/gateway'], packages: ['ipaddr.js'] },
  { at: ['src-server/access/enforcement'], packages: ['prom-client'] },
  { at: ['src-server/access/guard'], packages: ['zod'] },
  { at: ['src-server/access/policy'], packages: [] },
  { at: ['src-server/access/connection'], packages: ['uuid'] },
  { at: ['src-server/people/password'], packages: ['@zxcvbn-ts/language-common', 'kysely'] },
  { at: ['src-server/people/session'], packages: [] },
  { at: ['src-server/people/sign-in'], packages: ['zod'] },
  { at: ['src-server/people/members'], packages: ['zod'] },
  { at: ['src-server/certificate'], packages: ['pino', 'prom-client', 'zod'] },
  { at: ['src-server/people/devices'], packages: [] },
  { at: ['src-server/people/mfa'], packages: [] },
  { at: ['src-server/restore'], packages: ['zod'] },
  { at: ['src-server/rotation'], packages: ['kysely', 'zod'] },
  { at: ['src-server/doctor'], packages: [] },
  ...['status', 'client', 'gateway', 'integration', 'panel'].map((audience) => ({
    at: [`src-server/api/${audience}`],
    packages: [
      '@fastify/static',
      '@fastify/websocket',
      'fastify',
      'fastify-type-provider-zod',
      'kysely',
      'zod',
    ],
  })),
  {
    at: ['src-server/cli', ...serverRoof],
    packages: [
      ...[
        '@fastify/cookie',
        '@fastify/helmet',
        '@fastify/rate-limit',
        '@fastify/swagger',
        '@fastify/websocket',
      ],
      ...[
        '@inquirer/prompts',
        'commander',
        'fastify',
        'fastify-type-provider-zod',
        'ipaddr.js',
        'pino',
        'prom-client',
        'zod',
      ],
    ],
  },
];

const products = [
  'src-shared',
  'src-node',
  'src-ui',
  'src-client',
  'src-main',
  'src-renderer',
  'src-panel',
].concat(['src-unlock-page', 'src-cli', 'src-helper', 'src-gateway', 'src-server']);
const node = { isNode: true };
const page = { isNode: false };

export const places: Place[] = [
  { at: ['src-shared'], from: [], packages: ['ipaddr.js', 'temporal-polyfill', 'zod'], ...page },
  {
    at: ['src-node'],
    from: ['src-shared', 'package.json'],
    packages: ['commander', 'pino', 'pino-pretty', 'smol-toml', 'zod'],
    ...node,
  },
  { at: ['src-ui'], from: ['src-shared'], packages: ['react', 'uqr'], ...page },
  {
    at: ['src-client'],
    from: ['src-shared', 'src-node'],
    packages: [
      '@node-rs/argon2',
      'dbus-native',
      'ipaddr.js',
      'jose',
      'keytar',
      'pino',
      'undici',
      'ws',
      'zod',
    ],
    ...node,
  },
  {
    at: ['src-main/app'],
    from: ['src-shared', 'src-node', 'src-client'],
    packages: ['dbus-native', 'pino', 'zod'],
    ...node,
  },
  {
    at: ['src-main/shell', 'src-main/main.ts'],
    from: ['src-shared', 'src-node', 'src-client', 'src-main/app'],
    packages: ['electron', 'electron-updater', 'pino', 'zod'],
    ...node,
  },
  // A sandboxed preload has Electron and nothing of Node.
  {
    at: ['src-main/preload.ts', 'src-main/preload-unlock.ts'],
    from: ['src-shared'],
    packages: ['electron', 'zod'],
    ...page,
  },
  {
    at: ['src-renderer'],
    from: ['src-shared', 'src-ui'],
    packages: ['react', 'react-dom', 'zustand'],
    ...page,
  },
  {
    at: ['src-panel'],
    from: ['src-shared', 'src-ui'],
    packages: ['react', 'react-dom', 'zod', 'zustand'],
    ...page,
  },
  { at: ['src-unlock-page'], from: ['src-shared'], packages: [], ...page },
  {
    at: ['src-renderer/vite.config.ts', 'src-panel/vite.config.ts'],
    from: [],
    packages: ['@vitejs/plugin-react', 'vite'],
    ...node,
  },
  {
    at: ['src-cli'],
    // Which version and commit this is, where help is, and what is not well, all programs say alike.
    from: [
      ...['src-shared', 'src-client', 'src-node/check.ts', 'src-node/help-hint.ts', 'src-node/version.ts'],
      'package.json',
    ],
    packages: ['@inquirer/core', 'commander', 'pino', 'string-width', 'uqr', 'zod'],
    ...node,
  },
  {
    at: ['src-helper'],
    from: ['src-shared', 'src-node', 'package.json'],
    packages: ['@inquirer/prompts', 'commander', 'ipaddr.js', 'jose', 'koffi', 'pino', 'zod'],
    ...node,
  },
  {
    at: ['src-gateway'],
    from: ['src-shared', 'src-node', 'package.json'],
    packages: ['@inquirer/prompts', 'commander', 'pino', 'smol-toml', 'ws', 'zod'],
    ...node,
  },
  ...storeys.map(({ at, packages }, index) => ({
    at,
    from: ['src-shared', 'src-node', 'package.json', ...storeys.slice(0, index).flatMap((below) => below.at)],
    packages,
    ...node,
  })),
  {
    at: ['lab'],
    from: products,
    packages: [
      ...['@playwright/test', 'commander', 'electron', 'ipaddr.js', 'otplib', 'postal-mime', 'smol-toml'],
      ...['smtp-server', 'undici', 'vite', 'zod'],
    ],
    ...node,
  },
  {
    at: ['scripts'],
    from: [...products, 'lab', 'dependency-cruiser.config.ts'],
    packages: [
      ...['@electron/asar', '@electron/fuses', '@inquirer/prompts', '@playwright/test', '@resvg/resvg-js'],
      ...['commander', 'dependency-cruiser', 'electron-builder', 'smol-toml', 'vite', 'zod'],
    ],
    ...node,
  },
  {
    at: ['e2e'],
    from: [...products, 'lab', 'scripts'],
    packages: [
      ...['axe-core', '@playwright/test', 'jose', 'pino', 'smol-toml', 'undici', 'vite', 'vitest'],
      ...['ws', 'zod'],
    ],
    ...node,
  },
  {
    at: ['bench'],
    from: [...products, 'lab', 'scripts', 'e2e'],
    packages: ['@playwright/test', 'commander', 'pino', 'undici', 'uuid', 'ws', 'zod'],
    ...node,
  },
  { at: ['vitest.config.ts'], from: ['e2e', 'scripts'], packages: ['vitest'], ...node },
  { at: ['dependency-cruiser.config.ts'], from: [], packages: ['dependency-cruiser'], ...node },
];

/** Tests and what only they use: all of their room, what the room's files may import, and the tools of tests. */
const TEST_FILES = String.raw`\.test\.tsx?$|/testing/`;
const TEST_PACKAGES = [
  ...[
    '@simplewebauthn/server',
    'app-builder-lib',
    'builder-util',
    'fast-check',
    'fastify',
    'jose',
    'koffi',
    'kysely',
  ],
  ...['pino', 'postal-mime', 'smtp-server', 'uuid', 'vitest', 'ws', 'yaml', 'zod'],
];

const escaped = (text: string): string => text.replaceAll(/[.+]/g, String.raw`\$&`);
/** Matches the files at these places. */
const within = (paths: readonly string[]): string =>
  `^(${paths.map((path) => (/\.\w+$/.test(path) ? `${escaped(path)}$` : `${path}/`)).join('|')})`;
const packagesNamed = (names: readonly string[]): string[] =>
  names.length > 0 ? [`^node_modules/(@types/)?(${names.map(escaped).join('|')})/`] : [];
const roomOf = (path: string): string => path.split('/')[0] ?? path;

/** Its files import nothing but what it names. `later` are places inside it with rules of their own. */
function ruleOf({ at, from, packages, isNode }: Place, later: readonly string[]): IForbiddenRuleType {
  const storeysBelow = from.filter((path) => path.startsWith('src-server/'));
  const rooms = from.filter((path) => !storeysBelow.includes(path));
  const below = storeysBelow.length > 0 ? ['what stands before it in the list'] : [];
  const names = [...rooms, ...below, ...(isNode ? ['node:*'] : []), ...packages];
  const nested = later.filter((path) => at.some((own) => path.startsWith(`${own}/`)));
  return {
    name: at.join(', '),
    comment: `may import its own files${names.map((name) => `, ${name}`).join('')}, and nothing else`,
    severity: 'error',
    from: { path: within(at), pathNot: [TEST_FILES, ...(nested.length > 0 ? [within(nested)] : [])] },
    to: {
      pathNot: [...withoutTests([...at, ...from], at), ...packagesNamed(packages)],
      ...(isNode ? { dependencyTypesNot: ['core'] } : {}),
    },
  };
}

/** Products never import what only tests use; whole-system tests, benches and pictures may. */
function withoutTests(paths: readonly string[], at: readonly string[]): string[] {
  const isProduct = at.some((path) => path.startsWith('src-'));
  return [isProduct ? `^(?!.*(${TEST_FILES}))${within(paths).slice(1)}` : within(paths)];
}

function testRuleOf(room: string, from: readonly string[], packages: readonly string[]): IForbiddenRuleType {
  return {
    name: `tests of ${room}`,
    comment: `may import their own room, ${[...from, 'node:*', ...packages].join(', ')}, and nothing else`,
    severity: 'error',
    from: { path: `${within([room])}.*(${TEST_FILES})` },
    to: { pathNot: [within([room, ...from]), ...packagesNamed(packages)], dependencyTypesNot: ['core'] },
  };
}

const rooms = [
  ...new Set(
    places
      .flatMap(({ at }) => at)
      .filter((path) => path.includes('/') || !path.includes('.'))
      .map(roomOf),
  ),
];

export default {
  options: {
    // TypeScript 7 has no compiler that can be called, and without one nothing of a .ts file would be seen.
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
  forbidden: [
    {
      name: 'no-circle',
      comment: 'two files that need each other are one idea, or miss a third',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unknown',
      comment: 'what cannot be found cannot be judged',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-room',
      comment: 'every file belongs to a place in dependency-cruiser.config.ts',
      severity: 'error',
      from: {
        path: String.raw`^(src-|lab/|scripts/|e2e/|bench/|[^/]+\.ts$)`,
        pathNot: [within(places.flatMap(({ at }) => at)), TEST_FILES],
      },
      to: {},
    },
    ...places.map((place, index) =>
      ruleOf(
        place,
        places.slice(index + 1).flatMap(({ at }) => at),
      ),
    ),
    ...rooms.map((room) => {
      const ofRoom = places.filter(({ at }) => at.some((path) => roomOf(path) === room));
      const from = [
        ...new Set(ofRoom.flatMap((place) => place.from).filter((path) => roomOf(path) !== room)),
      ];
      const packages = [...new Set([...ofRoom.flatMap((place) => place.packages), ...TEST_PACKAGES])];
      return testRuleOf(room, from, packages);
    }),
  ],
} satisfies IConfiguration;
