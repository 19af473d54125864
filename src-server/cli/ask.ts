import { text } from 'node:stream/consumers';
import { nameMistake } from '../../src-shared/typed-name.ts';
import type { ServerConfig } from '../config.ts';
import { emailMistake, passwordMistake } from '../people/members/member-store.ts';

export interface PersonOptions {
  email?: string;
  name?: string;
  passwordStdin?: boolean;
}

export interface Person {
  email: string;
  name: string;
  password: string;
}

/** E-mail and name from the options, else from the terminal; null when there is none. */
export async function askWho(options: PersonOptions): Promise<Omit<Person, 'password'> | null> {
  const email = options.email ?? (await askLine('E-mail', emailMistake));
  const name = options.name ?? (await askLine('Name', nameMistake));
  return email === null || name === null ? null : { email, name };
}

/** The same with a password. */
export async function askPerson(config: ServerConfig, options: PersonOptions): Promise<Person | null> {
  const who = await askWho(options);
  if (!who) return null;
  const { email, name } = who;
  const password = await askNewPassword(config, options, { email, name });
  return password === null ? null : { email, name, password };
}

/** A new password from standard input (one line) or, typed twice, from the terminal; null when there is neither. */
export async function askNewPassword(
  config: ServerConfig,
  { passwordStdin }: PersonOptions,
  person: { email: string; name: string },
): Promise<string | null> {
  if (passwordStdin) return (await text(process.stdin)).replace(/\r?\n$/, '');
  if (!process.stdin.isTTY) return null;
  const { password: askPassword } = await loadPrompts();
  const first = await askPassword({
    message: 'New password',
    mask: true,
    validate: async (value) => (await passwordMistake({ config }, value, person)) ?? true,
  });
  await askPassword({
    message: 'The same again',
    mask: true,
    validate: (value) => value === first || 'That is not the same.',
  });
  return first;
}

/** Most commands ask nothing. */
const loadPrompts = () => import('@inquirer/prompts');

type Mistake = (value: string) => string | null;

async function askLine(message: string, mistake: Mistake): Promise<string | null> {
  if (!process.stdin.isTTY) return null;
  const { input } = await loadPrompts();
  return input({ message, validate: (value) => mistake(value) ?? true });
}

export const howToAnswer = 'Without a terminal, give --email, --name and --password-stdin.';
export const howToName = 'Without a terminal, give --email and --name.';
