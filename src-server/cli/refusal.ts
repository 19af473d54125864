import { fail, type Problem, type Result } from '../../src-shared/problem.ts';
import { type CommonOptions, EXIT_FAILED, print, say } from './run-command.ts';

/** Why a command was refused: `lines` (default: its sentence) on standard error, with `--json` the problem itself. */
export function refuseProblem(
  options: CommonOptions,
  problem: Problem,
  lines: readonly string[] = [problem.detail],
): null {
  if (options.json) print(options, problem, []);
  else for (const line of lines) say(line);
  process.exitCode = EXIT_FAILED;
  return null;
}

/** The value, or null after the problem was said. */
export function valueOr<T>(options: CommonOptions, result: Result<T>): T | null {
  return result.ok ? result.value : refuseProblem(options, result.problem);
}

/** The same for what the server's state does not allow. */
export function refuseState(options: CommonOptions, sentence: string): null {
  return refuseProblem(options, fail('wrong-state', sentence).problem);
}

/** The same for what is wrong with the words of the command itself. */
export function refuseWords(options: CommonOptions, sentence: string): null {
  return refuseProblem(options, fail('invalid-request', sentence).problem);
}
