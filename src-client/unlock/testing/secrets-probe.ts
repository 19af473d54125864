import { text } from 'node:stream/consumers';
import pino from 'pino';
import * as z from 'zod';
import { createKeychain } from '../../keychain/keychain.ts';
import { deviceKey, deviceKeyAccount } from '../../session/device-key.ts';
import { unlockSecrets } from '../unlock-secrets.ts';

/** Runs the steps that come as JSON on stdin against the keychain of its own environment; prints how each ended. */
const steps = z.array(z.enum(['sign-in', 'device-key', 'pepper', 'set-up', 'remove']));
const keychain = createKeychain({
  platform: process.platform,
  env: process.env,
  log: pino({ level: 'silent' }),
});
const seen: string[] = [];
const known = 'https://vpn.test.example a@b.example';
const secrets = unlockSecrets({
  keychain,
  profileId: 'p',
  known,
  onKeychain: (state) => void seen.push(state),
});
const run = {
  'sign-in': () => deviceKey(keychain, deviceKeyAccount('p', known)),
  'device-key': secrets.deviceKey,
  pepper: secrets.pepper,
  'set-up': secrets.pepperForSetUp,
  remove: secrets.removePepper,
};
const answers: string[] = [];
let last = '';
for (const step of steps.parse(JSON.parse(await text(process.stdin)))) {
  const answer = await run[step]();
  if (!answer.ok) answers.push(answer.problem.code);
  else if (Buffer.isBuffer(answer.value)) {
    const pepper = answer.value.toString('hex');
    answers.push(pepper === last ? 'the same' : `${answer.value.length} bytes`);
    last = pepper;
  } else answers.push('ok');
}
process.stdout.write(JSON.stringify({ answers, seen }));
