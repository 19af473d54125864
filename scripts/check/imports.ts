import { globSync, readFileSync } from 'node:fs';
import { cruise, type ICruiseResult, type IViolation } from 'dependency-cruiser';
import house from '../../dependency-cruiser.config.ts';

/** Every file that the rules are for, from the root of the checkout: of all folders but those that are made. */
const SOURCES = ['**', '**/.*/**'].map((place) => `${place}/{,.}*.{ts,mts,cts,tsx,js,mjs,cjs,jsx}`);
const MADE = /^(node_modules|dist|release|\.git|\.postern)$/;
const ROOMS = /^(src-[^/]+|lab|scripts|e2e|bench)\/|^[^/]+\.ts$/;
/** Ways to another file that dependency-cruiser does not follow. A product goes by none of them. */
const UNSEEN_WAYS: [RegExp, string][] = [
  [/\btypeof\s+import\(|\bimport\(\s*['"][^'"]*['"]\s*\)\s*[.<[]/, 'a type by import(…): write import type'],
  [/\bimport\(\s*(?!['"])|\bimport\(\s*(['"]).*?\1\s*\+/, 'an import(…) of what is computed'],
  [
    /\b(createRequire|getBuiltinModule)\b|\bimport\.meta\.(resolve|glob)\b|\bnew (Shared)?Worker\(/,
    'a loader',
  ],
  [/^\/\/\/ *<reference +path/m, 'a reference by path'],
];
const PRODUCT = /^src-(?!.*\.test\.)/;

/**
 * Holds the imports of the files in `folder`, the root of a checkout, against the plan of the house. Answers with what
 * is wrong, for people to read; null when nothing is.
 */
export async function checkImports(folder: string): Promise<string | null> {
  const sources = globSync(SOURCES, { cwd: folder, exclude: (name) => MADE.test(name) }).map((file) =>
    file.replaceAll('\\', '/'),
  );
  const homeless = sources.filter((file) => !ROOMS.test(file));
  if (homeless.length > 0) return `in no room of the house:\n  ${homeless.join('\n  ')}`;
  const hidden = sources.filter((file) => PRODUCT.test(file)).flatMap((file) => hiddenWays(folder, file));
  if (hidden.length > 0) return `nobody can check where these lead:\n  ${hidden.join('\n  ')}`;
  const { options, forbidden } = house;
  const { output } = await cruise(
    sources,
    { ...options, baseDir: folder, validate: true, ruleSet: { forbidden } },
    options.enhancedResolveOptions,
  );
  if (typeof output === 'string') throw new Error('dependency-cruiser answered with a report');
  const unseen = filesNotSeen(folder, sources, output);
  if (unseen.length > 0) return `dependency-cruiser did not read the imports of\n  ${unseen.join('\n  ')}`;
  const { violations } = output.summary;
  return violations.length === 0 ? null : [...violations.map(lineOf), ...remarksOn(violations)].join('\n');
}

function lineOf({ rule, from, to, cycle }: IViolation): string {
  return `${rule.name}: ${[from, ...(cycle?.map(({ name }) => name) ?? [to])].join(' → ')}`;
}

/** Each rule that was broken, in words, once. */
function remarksOn(violations: readonly IViolation[]): string[] {
  const broken = new Set(violations.map(({ rule }) => rule.name));
  const rules = house.forbidden.filter(({ name = '' }) => broken.has(name));
  return rules.map(({ name, comment }) => `\n${name}: ${comment}.`);
}

/** A file that it cannot parse would be a file that may import everything. */
function filesNotSeen(folder: string, sources: readonly string[], { modules }: ICruiseResult): string[] {
  const seen = new Map(modules.map(({ source, dependencies }) => [source, dependencies.length]));
  return sources.filter((file) => {
    const found = seen.get(file);
    if (found !== 0) return found === undefined;
    return /^(import|export) [^;]*?from '|^import '/m.test(readFileSync(`${folder}/${file}`, 'utf8'));
  });
}

function hiddenWays(folder: string, file: string): string[] {
  const text = readFileSync(`${folder}/${file}`, 'utf8');
  return UNSEEN_WAYS.filter(([way]) => way.test(text)).map(([, what]) => `${file}: ${what}`);
}

if (import.meta.main) {
  const trouble = await checkImports(process.cwd());
  if (trouble !== null) {
    console.error(trouble);
    process.exitCode = 1;
  }
}
