import path from 'node:path';
import { endSession } from '../lab/stack/integration-call.ts';
import { explain, StackError } from '../lab/stack/stack-error.ts';
import { readStackFile } from '../lab/stack/stack-json.ts';

/** `npm run end-session [-- REASON]`: ends the first member's session as a security team's tool would. */
const folder = path.resolve(process.env.POSTERN_STACK_DIR ?? '.postern');
try {
  const stack = readStackFile(folder);
  const member = stack?.members[0];
  if (!stack || !member) throw new StackError(`No stack runs in ${folder}. Start one: npm run stack`);
  const reason = process.argv[2] ?? 'Sign-in from a new country';
  const { status, answer, tookMs } = await endSession(stack, {
    memberId: member.id,
    reason,
    incidentId: 'INC-1042',
  });
  console.log(`${status} after ${tookMs.toFixed(1)} ms: ${JSON.stringify(answer)}`);
} catch (error) {
  const words = explain(error);
  if (words === null) throw error;
  console.error(words);
  process.exitCode = 1;
}
