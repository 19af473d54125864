import { builtinModules } from 'node:module';
import { extractFile, getRawHeader, listPackage } from '@electron/asar';

/** Native modules: they and their parts for one system are the only files that may lie outside the archive. */
export const UNPACKED_MODULES = ['keytar', '@node-rs/argon2'] as const;

/** `node_modules/keytar`, `node_modules/@node-rs/argon2`, `node_modules/@node-rs/argon2-linux-x64-gnu`. */
const isUnpackedModule = (module: string): boolean =>
  UNPACKED_MODULES.some((name) => module === name || (name.includes('/') && module.startsWith(`${name}-`)));
const moduleOf = (file: string): string | undefined => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1];

/** Paths that have no business in a user's installation. */
const FORBIDDEN_PATHS: readonly (readonly [RegExp, string])[] = [
  [/\.test\.[cm]?[jt]sx?$/, 'a test'],
  [/(^|\/)(testing|e2e|lab|bench|harness|fixtures|__tests__)\//, 'a test double or harness'],
  [/\.(ts|tsx|mts|cts)$/, 'TypeScript source'],
  [/\.map$/, 'a source map'],
  [
    /^src-|\/src-(main|client|renderer|panel|ui|unlock-page|shared|node|cli|server|gateway|helper)\//,
    'source',
  ],
  [/(^|\/)\.(env|git|postern|npmrc)/, 'a private file'],
];

/** Words that only test doubles, the browser host and the development harness contain. */
export const FORBIDDEN_WORDS = [
  'lab/host',
  'playwright',
  'vitest',
  'fast-check',
  'src-renderer/harness',
  'launchPersistentContext',
  'registerHooks',
] as const;

/** One thing wrong with an archive, in words. */
export type Finding = string;

/**
 * Everything that is wrong with an app.asar: what it must not carry, and what its code asks for but it lacks. `target`:
 * platform and architecture as Node names them, joined by a dash.
 */
export function inspectArchive(archive: string, target: string): Finding[] {
  const files = listPackage(archive, { isPack: false })
    .map((file) => file.replaceAll('\\', '/').replace(/^\//, ''))
    .filter((file) => isFile(archive, file));
  return [
    ...inspectPaths(files),
    ...files
      .filter((file) => /\.(c?js|mjs|html|css|json)$/.test(file) && !file.startsWith('node_modules/'))
      .flatMap((file) => {
        const text = extractFile(archive, file).toString('utf8');
        return [...inspectText(file, text), ...inspectImports(file, text, files)];
      }),
    ...inspectUnpacked(archive, files),
    ...inspectNative(files, target),
  ];
}

export function inspectPaths(files: readonly string[]): Finding[] {
  return files.flatMap((file) => {
    const reasons = FORBIDDEN_PATHS.filter(([pattern]) => pattern.test(file)).map(
      ([, what]) => `${file}: ${what}`,
    );
    const module = moduleOf(file);
    const isStray = module !== undefined && !isUnpackedModule(module);
    return isStray ? [...reasons, `${file}: a module that no part of the app loads`] : reasons;
  });
}

export function inspectText(file: string, text: string): Finding[] {
  return FORBIDDEN_WORDS.filter((word) => text.includes(word)).map((word) => `${file}: contains "${word}"`);
}

/** Each module that a bundle loads by a bare name is Electron's, Node's or in the archive. */
export function inspectImports(file: string, text: string, files: readonly string[]): Finding[] {
  if (!/\.(c?js|mjs)$/.test(file) || /\/(renderer|unlock-page)\//.test(file)) return [];
  const specifiers = [
    ...text.matchAll(/\bfrom\s*["']([^"'\n]+)["']/g),
    ...text.matchAll(/\b(?:import|require)\(\s*["'`]([^"'`\n]+)["'`]\s*\)/g),
    ...text.matchAll(/\bimport\s*["']([^"'\n]+)["']/g),
  ].map((match) => match[1] ?? '');
  return [...new Set(specifiers)]
    .filter((name) => /^[@a-z]/.test(name) && !/\s/.test(name))
    .filter((name) => name !== 'electron' && !name.startsWith('electron/') && !name.startsWith('node:'))
    .filter((name) => !builtinModules.includes(name))
    .filter((name) => !files.includes(`node_modules/${packageOf(name)}/package.json`))
    .map((name) => `${file}: loads "${name}", which is not in the archive`);
}

/** Native modules are there for the target and for nothing else: building for another platform picks wrong easily. */
export function inspectNative(files: readonly string[], target: string): Finding[] {
  // As napi-rs names its targets.
  const triple = target.startsWith('linux')
    ? `${target}-gnu`
    : target.startsWith('win32')
      ? `${target}-msvc`
      : target;
  const wanted = [
    `node_modules/keytar/prebuilds/${target}/keytar.node`,
    `node_modules/@node-rs/argon2-${triple}/argon2.${triple}.node`,
  ];
  const native = files.filter((file) => file.endsWith('.node'));
  return [
    ...wanted.filter((file) => !native.includes(file)).map((file) => `${file}: is missing`),
    ...native.filter((file) => !wanted.includes(file)).map((file) => `${file}: is not for ${target}`),
  ];
}

function inspectUnpacked(archive: string, files: readonly string[]): Finding[] {
  return files.flatMap((file) => {
    const isAllowed = isUnpackedModule(moduleOf(file) ?? '');
    if (isUnpacked(archive, file) === isAllowed) return [];
    return [`${file}: is ${isAllowed ? 'inside' : 'outside'} the archive and should not be`];
  });
}

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

interface ArchiveNode {
  files?: Record<string, ArchiveNode>;
  unpacked?: boolean;
}

function nodeOf(archive: string, file: string): ArchiveNode | undefined {
  const header: ArchiveNode = getRawHeader(archive).header;
  return file.split('/').reduce<ArchiveNode | undefined>((node, part) => node?.files?.[part], header);
}

const isFile = (archive: string, file: string): boolean => nodeOf(archive, file)?.files === undefined;
const isUnpacked = (archive: string, file: string): boolean => nodeOf(archive, file)?.unpacked === true;
