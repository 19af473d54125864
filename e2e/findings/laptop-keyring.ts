import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { checkout } from '../../lab/stack/folders.ts';
import { run } from '../../lab/stack/run.ts';
import { settingsSchema } from '../../src-client/settings/settings.ts';
import type { FaultLab, Member } from '../faults/fault-lab.ts';

const program = `
const { getPassword, deletePassword } = require(${JSON.stringify(path.join(checkout, 'node_modules/keytar'))});
const [call, account] = process.argv.slice(1);
const done = call === 'delete' ? deletePassword('postern', account) : getPassword('postern', account);
done.then((value) => console.log(JSON.stringify(value)));
`;

/** What another program of the same user can do to the keyring of the laptop. */
export class LaptopKeyring {
  readonly #lab: FaultLab;
  readonly #member: Member;

  constructor(lab: FaultLab, member: Member) {
    this.#lab = lab;
    this.#member = member;
  }

  get settings() {
    const file = path.join(this.#lab.profileFolder(this.#member.email), 'settings.json');
    return settingsSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  }

  #account(what: 'device-key' | 'unlock-pepper'): string {
    const { profileId, devices } = this.settings;
    const [known = ''] = Object.keys(devices);
    return `${what} ${profileId} ${known}`;
  }

  async #ask(call: 'get' | 'delete', what: 'device-key' | 'unlock-pepper'): Promise<unknown> {
    const command = [process.execPath, '-e', program, call, this.#account(what)];
    return JSON.parse(await run(this.#lab.stack.laptop.shell, command));
  }

  /** Base64, or null when there is none. */
  async read(what: 'device-key' | 'unlock-pepper'): Promise<string | null> {
    return z
      .string()
      .nullable()
      .parse(await this.#ask('get', what));
  }

  async wipe(what: 'device-key' | 'unlock-pepper'): Promise<void> {
    if ((await this.#ask('delete', what)) !== true) throw new Error(`there was no ${what}`);
  }
}
