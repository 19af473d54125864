import { globSync, readFileSync } from 'node:fs';
import { cruise, type ICruiseResult, type IViolation } from 'dependency-cruiser';
import house from '../../dependency-cruiser.config.ts';

/** Every file that the rules are for, from the root of the checkout. */
const SOURCES = ['{src-*,lab,scripts,e2e,bench}/**/*.{ts,tsx,mjs,cjs}', '*.ts'];

/**
 * Holds the imports of the files in `folder`, the root of a checkout, against the plan of the house. Answers with what
 * is wrong, for people to read; null when nothing is.
 */
export async function checkImports(folder: string): Promise<string | null> {
  const sources = globSync(SOURCES, { cwd: folder }).map((file) => file.replaceAll('\\', '/'));
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

if (import.meta.main) {
  const trouble = await checkImports(process.cwd());
  if (trouble !== null) {
    console.error(trouble);
    process.exitCode = 1;
  }
}
