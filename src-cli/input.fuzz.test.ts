import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pinWeakness } from '../src-shared/pin-rules.ts';
import { fuzz, hostileText } from '../src-shared/testing/fuzz.ts';
import { foldEmail, isEmailAddress } from '../src-shared/typed-email.ts';
import { deviceName, personName } from '../src-shared/typed-name.ts';
import { readAddressOrNetwork } from '../src-shared/typed-network.ts';
import { cutGraphemes, graphemesIn } from '../src-shared/typed-text.ts';
import { readTime } from '../src-shared/typed-time.ts';
import { parseAnswer } from './ask/answer.ts';
import { parseServer } from './commands/sign-in.ts';
import { parseCommandLine } from './program.ts';
import { plainText } from './view/plain-text.ts';

const words = [
  'connect',
  'sign-in',
  'status',
  'devices',
  'remove',
  'guard',
  'pin',
  'set',
  '--json',
  '--gateway',
].concat(['--server', '--help', '--', '-', '--no-x', '--profile=', '-h']);

const commandLine = fuzz(
  'every command line is understood, or refused in words',
  fc.array(fc.oneof(fc.constantFrom(...words), hostileText), { maxLength: 6 }),
  (argv) => {
    let out = '';
    const parsed = parseCommandLine(argv, { out: (text) => (out += text), env: {}, version: '0.0.0' });
    if (parsed.kind === 'misused') expect(parsed.text.length).toBeGreaterThan(0);
    if (parsed.kind === 'ended') expect(out).not.toBe('');
  },
  { tries: 4000 },
);
test(commandLine.name, commandLine.run, commandLine.timeoutMs);

const typed = fuzz(
  'whatever is typed in a field is read, or refused',
  hostileText,
  (text) => {
    parseAnswer(text, 'totp', ['totp', 'backup-code']);
    parseServer(text);
    pinWeakness(text);
    const folded = foldEmail(text);
    if (isEmailAddress(folded)) expect(foldEmail(folded)).toBe(folded);
    const name = personName.safeParse(text);
    if (name.success) {
      expect(personName.parse(name.data)).toBe(name.data);
      expect(plainText(name.data)).not.toBe('');
    }
    expect(deviceName.parse(text.slice(0, 2000))).not.toBe('');
    const network = readAddressOrNetwork(text);
    if (network !== null) expect(readAddressOrNetwork(network)).toBe(network);
    const time = readTime(text);
    if (time.ok) expect(readTime(new Date(time.at).toISOString())).toEqual(time);
    expect(graphemesIn(cutGraphemes(text, 5))).toBeLessThanOrEqual(5);
  },
  { tries: 2000 },
);
test(typed.name, typed.run, typed.timeoutMs);
