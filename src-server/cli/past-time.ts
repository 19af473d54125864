import { InvalidArgumentError } from 'commander';
import { readTime } from '../../src-shared/typed-time.ts';

/** For commander: a day or a time that is over, UTC unless it says otherwise → milliseconds since 1970. */
export function pastTime(text: string): number {
  const read = readTime(text);
  if (!read.ok) throw new InvalidArgumentError(read.sentence);
  if (read.at > Date.now()) throw new InvalidArgumentError('expected a time that is over');
  return read.at;
}
