import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkImports } from './imports.ts';

const PACKAGES = ['electron', 'fastify', 'keytar', 'kysely', 'react', 'undici', 'vitest', 'ws', 'zod'];

/** What each file of the tree may be asked to import; each exports `x`. */
const FILES = [
  ...['src-shared/problem.ts', 'src-node/config.ts', 'src-ui/parts/button.tsx', 'src-ui/surroundings.ts'],
  ...['src-client/core.ts', 'src-client/testing/double.ts', 'src-main/main.ts', 'src-main/app/inbox.ts'],
  ...['src-main/shell/ipc.ts', 'src-main/shell/tray.ts', 'src-renderer/app.tsx', 'src-panel/app.tsx'],
  ...['src-unlock-page/page.ts', 'src-cli/cli.ts', 'src-helper/cli.ts', 'src-gateway/agent.ts'],
  ...['src-server/app.ts', 'src-server/config.ts', 'src-server/db/database.ts', 'src-server/http/session.ts'],
  ...['src-server/proof/mfa/totp.ts', 'src-server/proof/unlock/trial.ts', 'src-server/cli/ask.ts'],
  ...['src-server/access/gateway/registry.ts', 'src-server/access/enforcement/enforcement.ts'],
  ...[
    'src-server/people/members/store.ts',
    'src-server/api/client/routes.ts',
    'src-server/api/panel/page.ts',
  ],
  ...['lab/stack/start-stack.ts', 'scripts/start.ts', 'e2e/app/driver.ts', 'bench/run.ts'],
];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'postern-house-'));
  for (const name of PACKAGES) {
    put(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
    put(`node_modules/${name}/index.js`, 'export const x = 1;');
  }
  put(
    'package.json',
    JSON.stringify({ dependencies: Object.fromEntries(PACKAGES.map((name) => [name, '1'])) }),
  );
  for (const file of FILES) put(file, 'export const x = 1;\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function put(file: string, text: string): void {
  const place = path.join(folder, file);
  mkdirSync(path.dirname(place), { recursive: true });
  writeFileSync(place, text);
}

/** What `npm run check` says of the tree while these files are in it. */
async function verdict(files: Record<string, string>): Promise<string> {
  for (const [file, text] of Object.entries(files)) put(file, text);
  try {
    return (await checkImports(folder)) ?? 'good';
  } finally {
    for (const file of Object.keys(files)) rmSync(path.join(folder, file));
  }
}

const from = (file: string, source: string): string => {
  const isOurs = source.includes('/') && !source.startsWith('node:');
  const relative = path.relative(path.dirname(file), source);
  const name = isOurs && !relative.startsWith('.') ? `./${relative}` : relative;
  return `export { x } from '${isOurs ? name : source}';\n`;
};

const REFUSED: [string, string][] = [
  ['src-shared/a.ts', 'undici'],
  ['src-shared/a.ts', 'node:fs'],
  ['src-shared/a.ts', 'src-node/config.ts'],
  ['src-shared/deep/a.ts', 'src-server/config.ts'],
  ['src-node/a.ts', 'src-server/config.ts'],
  ['src-node/wireguard/a.ts', 'src-client/core.ts'],
  ['src-ui/a.ts', 'node:fs'],
  ['src-ui/parts/a.tsx', 'src-renderer/app.tsx'],
  ['src-ui/parts/b.tsx', 'src-node/config.ts'],
  ['src-client/a.ts', 'src-main/shell/tray.ts'],
  ['src-client/deep/a.ts', 'src-main/app/inbox.ts'],
  ['src-client/a.ts', 'src-server/config.ts'],
  ['src-client/b.ts', 'electron'],
  ['src-client/c.ts', 'src-client/testing/double.ts'],
  ['src-client/d.ts', 'vitest'],
  ['src-main/app/a.ts', 'electron'],
  ['src-main/app/b.ts', 'src-main/shell/tray.ts'],
  ['src-main/shell/a.ts', 'src-server/config.ts'],
  ['src-main/preload.ts', 'node:fs'],
  ['src-main/preload-unlock.ts', 'src-client/core.ts'],
  ['src-main/stray.ts', 'zod'],
  ['src-renderer/a.ts', 'src-client/core.ts'],
  ['src-renderer/b.ts', 'src-node/config.ts'],
  ['src-renderer/c.ts', 'electron'],
  ['src-renderer/d.ts', 'node:path'],
  ['src-renderer/e.ts', 'src-panel/app.tsx'],
  ['src-panel/a.ts', 'src-node/config.ts'],
  ['src-panel/deep/a.ts', 'src-renderer/app.tsx'],
  ['src-panel/deep/b.ts', 'src-server/config.ts'],
  ['src-panel/deep/c.ts', 'node:crypto'],
  ['src-unlock-page/a.ts', 'electron'],
  ['src-unlock-page/b.ts', 'src-main/shell/ipc.ts'],
  ['src-unlock-page/c.ts', 'react'],
  ['src-cli/a.ts', 'src-main/shell/tray.ts'],
  ['src-cli/b.ts', 'src-server/config.ts'],
  ['src-cli/c.ts', 'electron'],
  ['src-cli/d.ts', 'src-node/config.ts'],
  ['src-helper/linux/a.ts', 'src-gateway/agent.ts'],
  ['src-helper/a.ts', 'src-cli/cli.ts'],
  ['src-helper/b.ts', 'undici'],
  ['src-gateway/a.ts', 'src-server/config.ts'],
  ['src-server/db/a.ts', 'src-server/http/session.ts'],
  ['src-server/db/b.ts', 'electron'],
  ['src-server/http/a.ts', 'src-server/proof/mfa/totp.ts'],
  ['src-server/proof/mfa/a.ts', 'src-server/access/gateway/registry.ts'],
  ['src-server/proof/mfa/b.ts', 'src-server/proof/unlock/trial.ts'],
  ['src-server/access/gateway/a.ts', 'src-server/access/enforcement/enforcement.ts'],
  ['src-server/access/gateway/b.ts', 'src-server/people/members/store.ts'],
  ['src-server/people/members/a.ts', 'src-server/api/client/routes.ts'],
  ['src-server/people/members/b.ts', 'fastify'],
  ['src-server/api/client/a.ts', 'src-server/api/panel/page.ts'],
  ['src-server/api/client/b.ts', 'src-server/app.ts'],
  ['src-server/api/panel/a.ts', 'src-panel/app.tsx'],
  ['src-server/api/panel/b.ts', 'src-server/cli/ask.ts'],
  ['src-server/api/panel/c.ts', 'src-gateway/agent.ts'],
  ['src-server/stray.ts', 'zod'],
  ['src-server/attic/a.ts', 'zod'],
  ['src-new/a.ts', 'zod'],
  ['lab/a.ts', 'scripts/start.ts'],
  ['lab/stack/a.ts', 'e2e/app/driver.ts'],
  ['scripts/a.ts', 'e2e/app/driver.ts'],
  ['scripts/b.ts', 'electron'],
  ['scripts/deep/a.ts', 'bench/run.ts'],
  ['e2e/app/a.ts', 'bench/run.ts'],
  ['src-server/app.test.ts', 'src-client/core.ts'],
  ['src-panel/a.test.ts', 'src-server/config.ts'],
];

const ALLOWED: [string, string][] = [
  ['src-shared/a.ts', 'zod'],
  ['src-shared/deep/a.ts', 'src-shared/problem.ts'],
  ['src-node/a.ts', 'src-shared/problem.ts'],
  ['src-node/wireguard/a.ts', 'node:net'],
  ['src-ui/a.ts', 'react'],
  ['src-client/a.ts', 'src-node/config.ts'],
  ['src-client/b.ts', 'keytar'],
  ['src-main/main.ts', 'electron'],
  ['src-main/preload.ts', 'electron'],
  ['src-main/shell/a.ts', 'electron'],
  ['src-main/shell/b.ts', 'src-main/app/inbox.ts'],
  ['src-main/app/a.ts', 'src-client/core.ts'],
  ['src-renderer/a.ts', 'src-ui/surroundings.ts'],
  ['src-panel/deep/a.ts', 'src-ui/parts/button.tsx'],
  ['src-panel/deep/b.ts', 'src-shared/problem.ts'],
  ['src-cli/a.ts', 'src-client/core.ts'],
  ['src-helper/a.ts', 'node:net'],
  ['src-gateway/a.ts', 'ws'],
  ['src-server/http/a.ts', 'src-server/db/database.ts'],
  ['src-server/proof/unlock/a.ts', 'src-server/proof/mfa/totp.ts'],
  ['src-server/access/enforcement/a.ts', 'src-server/proof/mfa/totp.ts'],
  ['src-server/people/members/a.ts', 'src-server/access/enforcement/enforcement.ts'],
  ['src-server/api/panel/a.ts', 'fastify'],
  ['src-server/api/panel/b.ts', 'src-server/db/database.ts'],
  ['src-server/start.ts', 'src-server/api/panel/page.ts'],
  ['src-server/db/a.test.ts', 'src-server/app.ts'],
  ['src-server/db/b.test.ts', 'vitest'],
  ['src-client/a.test.ts', 'src-client/testing/double.ts'],
  ['lab/a.ts', 'src-server/config.ts'],
  ['scripts/a.ts', 'lab/stack/start-stack.ts'],
  ['e2e/app/a.ts', 'scripts/start.ts'],
  ['bench/a.ts', 'e2e/app/driver.ts'],
];

describe('imports run one way', () => {
  it('lets pass what each place names', async () => {
    const files = Object.groupBy(ALLOWED, ([file]) => file);
    const texts = Object.entries(files).map(([file, pairs = []]) => [
      file,
      pairs.map(([, to]) => from(file, to)).join(''),
    ]);
    expect(await verdict(Object.fromEntries(texts))).toBe('good');
  });

  it('refuses everything else, in every room', async () => {
    const files = Object.groupBy(REFUSED, ([file]) => file);
    const texts = Object.entries(files).map(([file, pairs = []]) => [
      file,
      pairs.map(([, to]) => from(file, to)).join(''),
    ]);
    const lines = (await verdict(Object.fromEntries(texts))).split('\n');
    const isNamed = ([file, source]: [string, string]): boolean =>
      lines.some((line) => {
        const [, importer, imported = ''] = /: (\S+) → (\S+)$/.exec(line) ?? [];
        const target = source.includes('/') ? source : `node_modules/${source}/index.js`;
        return importer === file && [target, source.replace('node:', '')].includes(imported);
      });
    expect(REFUSED.filter((pair) => !isNamed(pair))).toEqual([]);
  });

  it('holds for types, dynamic imports, side effects and re-exports', async () => {
    const said = await verdict({
      'src-gateway/type.ts': "import type { x } from '../src-cli/cli.ts';\nexport type Y = typeof x;\n",
      'src-gateway/dynamic.ts': "export const load = () => import('../src-cli/cli.ts');\n",
      'src-gateway/effect.ts': "import '../src-cli/cli.ts';\n",
      'src-gateway/export.ts': "export * from '../src-cli/cli.ts';\n",
    });
    for (const name of ['type', 'dynamic', 'effect', 'export'])
      expect(said).toContain(`src-gateway: src-gateway/${name}.ts → src-cli/cli.ts`);
  });

  it('knows no circles, of types neither', async () => {
    const a = "import type { B } from './b.ts';\nexport type A = B | 1;\n";
    const b = "import type { A } from './a.ts';\nexport type B = A[];\n";
    const said = await verdict({ 'src-node/a.ts': a, 'src-node/b.ts': b });
    expect(said).toContain('no-circle: src-node/a.ts → src-node/b.ts → src-node/a.ts');
  });

  it('says so when something cannot be found or read', async () => {
    const lost = "export { x } from './nowhere.ts';\n";
    expect(await verdict({ 'src-node/a.ts': lost })).toContain('no-unknown: src-node/a.ts → ./nowhere.ts');
    // The parser knows no `using`; what it cannot read, it does not pass over.
    const unread = 'export function f(): void {\n  using x = null;\n}\n';
    await expect(verdict({ 'src-node/a.ts': unread })).rejects.toThrow(
      /UsingDeclaration[\s\S]*src-node\/a\.ts/,
    );
  });
});

describe('ways that the parser does not follow', () => {
  it.each([
    ["type X = typeof import('../../lab/stack/start-stack.ts');", 'import type'],
    ["type X = import('../app.ts').MemberRow;", 'import type'],
    ['export const x = await import(process.argv[2] ?? "");', 'computed'],
    ["export const x = await import('../../lab/' + name);", 'computed'],
    ['export const x = await import(`../../lab/x.ts`);', 'computed'],
    ["import { createRequire as c } from 'node:module'; export const x = c('.');", 'loader'],
    ["export const x = process.getBuiltinModule('node:fs');", 'loader'],
    ["export const x = new Worker(new URL('./a.ts', import.meta.url));", 'loader'],
    ["export const x = import.meta.resolve('../app.ts');", 'loader'],
    ['/// <reference path="../app.ts" />\nexport const x = 1;', 'reference'],
  ])('%s', async (text, words) => {
    const said = await verdict({ 'src-server/db/hidden.ts': text });
    expect(said).toContain('src-server/db/hidden.ts');
    expect(said).toContain(words);
  });

  it.each(['tools/new.ts', 'src/app.ts', 'root.mjs', '.hidden/x.js'])('%s is in no room', async (file) => {
    expect(await verdict({ [file]: 'export const x = 1;' })).toBe(`in no room of the house:\n  ${file}`);
  });

  it('every kind of source is looked at, though nobody imports it', async () => {
    const files = ['src-server/db/.hidden.ts', 'src-server/db/x.mts', 'src-panel/parts/x.jsx'];
    const text = "import '../../lab/stack/start-stack.ts';";
    const said = await verdict(Object.fromEntries(files.map((file) => [file, text])));
    for (const file of files) expect(said).toContain(`${file} → lab/stack/start-stack.ts`);
  });

  it('what a product imports when it needs it is no hidden way', async () => {
    const text = "export const x = async () => (await import('../config.ts')).x;";
    expect(await verdict({ 'src-server/db/late.ts': text })).toBe('good');
  });
});
