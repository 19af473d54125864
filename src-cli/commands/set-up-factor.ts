import { renderUnicodeCompact } from 'uqr';
import type { ClientCore } from '../../src-client/core.ts';
import { problem } from '../../src-shared/problem.ts';
import { type CommandContext, type Ending, exit, refused } from '../context/command-context.ts';
import { plainText } from '../view/plain-text.ts';
import { fixed, problemWords } from '../view/words.ts';

/**
 * Guides through the first authenticator: secret as QR and text, a code to confirm, backup codes once. Ends with
 * `done` when the factor is confirmed; the sign-in goes on from the password then.
 */
export async function setUpFactor(
  setupToken: string,
  core: Pick<ClientCore, 'setUpMfa' | 'confirmMfa'>,
  { asker, output, interrupts }: CommandContext,
): Promise<Ending> {
  const begun = await core.setUpMfa(setupToken);
  if (!begun.ok) return refused(begun.problem);
  const { factorId, secret, otpauthUri } = begun.value;
  output.say(fixed.setUpIntro);
  const picture = renderUnicodeCompact(otpauthUri, { border: 2 });
  const columns = picture.indexOf('\n');
  // Broken over two lines, no phone reads it.
  if (output.columns !== null && output.columns >= columns) output.say(picture);
  else if (output.columns !== null) output.say(fixed.tooNarrowForQr(columns));
  output.say(fixed.setUpSecret(grouped(plainText(secret))));
  output.say(fixed.setUpUri(plainText(otpauthUri)));
  output.event({ event: 'factor-setup', secret, otpauthUri });
  const cancelled = () => refused(problem('cancelled', 'Cancelled. No authenticator was set up.'));

  for (;;) {
    const asked = await asker.code(
      {
        kind: 'confirm-factor',
        messages: { totp: fixed.confirmCodePrompt, 'backup-code': fixed.confirmCodePrompt },
        methods: ['totp'],
        start: 'totp',
        countdowns: {},
        keys: { totp: fixed.keysCodeOnly, 'backup-code': fixed.keysCodeOnly },
      },
      interrupts.signal,
    );
    if (asked.kind !== 'answer') return cancelled();
    const confirmed = await core.confirmMfa(setupToken, factorId, asked.value.code);
    if (confirmed.ok) return showBackupCodes(confirmed.value.backupCodes);
    const { code } = confirmed.problem;
    if (code !== 'invalid-code' && code !== 'code-already-used') return refused(confirmed.problem);
    const { sentence } = problemWords(confirmed.problem);
    output.event({ event: 'proof', method: 'totp', ok: false, problem: { code, detail: sentence } });
    output.say(sentence);
  }

  async function showBackupCodes(codes: readonly string[]): Promise<Ending> {
    output.say(fixed.backupCodesIntro);
    for (const code of codes) output.say(`  ${plainText(code)}`);
    output.event({ event: 'backup-codes', codes });
    await asker.text(
      {
        kind: 'saved',
        message: fixed.savedPrompt,
        isSecret: false,
        check: (text) => (/^saved$/i.test(text.trim()) ? null : fixed.notSaved),
      },
      interrupts.signal,
    );
    output.say(fixed.setUpDone);
    return exit('done');
  }
}

/** `ABCDEFGH…` → `ABCD EFGH …`, which a person can type. */
function grouped(secret: string): string {
  return secret.replace(/(.{4})(?=.)/g, '$1 ');
}
