import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { Command, Option } from 'commander';
import * as z from 'zod';
import { checkout } from '../lab/stack/folders.ts';
import { inUserNamespace, needsUserNamespace, userNamespaceTrouble } from '../lab/stack/unprivileged.ts';
import { checkSteps } from './check/steps.ts';

/**
 * `npm test`: everything that decides whether a change is good. `--only unit` and `--only e2e` run one half of the tests
 * and nothing else; words pick the files whose path has one of them.
 */

const STEP_LIMIT_MS = 70 * 60_000;
const isCi = process.env.CI === 'true';
const command = new Command('npm test --')
  .addOption(new Option('--only <part>', 'one part alone').choices(['unit', 'e2e']))
  .argument('[words...]', 'parts of the paths of the test files to run')
  .parse();
const { only } = command.opts<{ only?: 'unit' | 'e2e' }>();
const filters = command.args;
const bin = path.join(checkout, 'node_modules/.bin');
const reports = path.join(checkout, '.postern/test');

interface StepResult {
  name: string;
  tookMs: number;
  passed: number;
  failed: number;
  skipped: number;
  /** Each test that failed, with the first lines of its message. */
  failures: string[];
  /** Why it could not run at all. */
  leftOut: string | null;
}

function runCommand(command: readonly string[]): number {
  const [file = '', ...args] = command;
  const ran = spawnSync(file, args, {
    cwd: checkout,
    stdio: 'inherit',
    timeout: STEP_LIMIT_MS,
    env: { ...process.env, PATH: `${bin}:${process.env.PATH ?? ''}` },
  });
  if (ran.error) console.error(`${file}: ${ran.error.message}`);
  return ran.status ?? 1;
}

function timed(name: string, work: () => Omit<StepResult, 'name' | 'tookMs'>): StepResult {
  console.log(`\n== ${name}`);
  const begin = performance.now();
  const counts = work();
  return { name, tookMs: performance.now() - begin, ...counts };
}

const nothing = { passed: 0, failed: 0, skipped: 0, failures: [], leftOut: null };

/** A check without tests inside counts only when it fails. */
function check(name: string, command: readonly string[]): StepResult {
  return timed(name, () => ({ ...nothing, failed: runCommand(command) === 0 ? 0 : 1 }));
}

const report = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      /** Of the file itself, when it did not load. */
      message: z.string().optional(),
      assertionResults: z.array(
        z.object({
          fullName: z.string(),
          status: z.string(),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
});

function tests(name: string, project: string, wrap: (command: string[]) => string[]): StepResult {
  return timed(name, () => {
    const file = path.join(reports, `${project.replace('*', '')}.json`);
    rmSync(file, { force: true });
    const vitest = [process.execPath, path.join(checkout, 'node_modules/vitest/vitest.mjs'), 'run'];
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const options = ['--project', project, ...(filters.length > 0 ? ['--passWithNoTests'] : [])];
    const code = runCommand(wrap([...vitest, ...options, ...reporters, ...filters]));
    const totals = readReport(file);
    // A file that does not load, or an error outside any test, fails the run without failing a test.
    const failed = Math.max(totals?.numFailedTests ?? 0, code === 0 ? 0 : 1);
    const skipped = (totals?.numPendingTests ?? 0) + (totals?.numTodoTests ?? 0);
    const failures = totals ? failuresOf(totals) : [];
    return { passed: totals?.numPassedTests ?? 0, failed, skipped, failures, leftOut: null };
  });
}

const MESSAGE_LINES = 4;

/** At the end, where they are found: what scrolled by above is long. */
function failuresOf({ testResults }: z.infer<typeof report>): string[] {
  const told = (what: string, messages: readonly string[]): string => {
    const lines = messages.flatMap((message) => stripVTControlCharacters(message).split('\n'));
    return [what, ...lines.slice(0, MESSAGE_LINES).map((line) => `  ${line}`)].join('\n');
  };
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = path.relative(checkout, name);
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (failed.length === 0 && status === 'failed') return [told(file, [message ?? ''])];
    return failed.map((test) => told(`${file}: ${test.fullName}`, test.failureMessages ?? []));
  });
}

function readReport(file: string): z.infer<typeof report> | null {
  try {
    return report.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    console.error(`no report of the tests: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

/** Before the tests, so that none of them waits for it with its own time limit. */
function buildWhatIsStale(): StepResult {
  return check('build of the pages and main', [process.execPath, path.join(checkout, 'lab/built.ts'), 'all']);
}

async function endToEnd(): Promise<StepResult> {
  const name = 'end-to-end tests';
  if (!needsUserNamespace()) return tests(name, 'e2e*', (vitest) => vitest);
  const trouble = await userNamespaceTrouble();
  if (trouble === null) return tests(name, 'e2e*', inUserNamespace);
  return { name, tookMs: 0, ...nothing, leftOut: trouble };
}

mkdirSync(reports, { recursive: true, mode: 0o700 });
const steps = [
  ...(only === undefined
    ? checkSteps({ isAnew: true }).map(({ name, command }) => check(name, command))
    : []),
  ...(only === 'e2e' ? [] : [tests('unit and property tests', 'unit*', (vitest) => vitest)]),
  ...(only === 'unit' ? [] : [buildWhatIsStale(), await endToEnd()]),
];

const sum = (pick: (step: StepResult) => number): number =>
  steps.reduce((total, step) => total + pick(step), 0);
const [passed, failed, skipped] = [sum((s) => s.passed), sum((s) => s.failed), sum((s) => s.skipped)];
const leftOut = steps.filter((step) => step.leftOut !== null);

console.log('\n== summary');
for (const step of steps) {
  const word = step.leftOut !== null ? 'NOT RUN' : step.failed > 0 ? 'FAILED' : 'ok';
  const counts = step.passed + step.skipped > 0 ? `${step.passed} passed, ${step.skipped} skipped` : '';
  console.log(
    `${word.padEnd(8)} ${step.name.padEnd(26)} ${(step.tookMs / 1000).toFixed(1).padStart(7)} s  ${counts}`,
  );
  for (const failure of step.failures) console.log(`         ${failure.replaceAll('\n', '\n         ')}`);
  if (step.leftOut !== null) console.log(`         ${step.leftOut.replaceAll('\n', '\n         ')}`);
}
const isIncomplete = leftOut.length > 0 || skipped > 0;
if (isIncomplete && isCi) console.log('With CI=true nothing may be left out or skipped: this run fails.');
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
const hasNoFile = filters.length > 0 && passed + failed + skipped === 0;
if (hasNoFile) console.log(`No test file has ${filters.join(' or ')} in its path.`);
process.exitCode = failed > 0 || hasNoFile || (isIncomplete && isCi) ? 1 : 0;
