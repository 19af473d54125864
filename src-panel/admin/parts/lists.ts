import * as z from 'zod';
import { cidr, ipAddress } from '../../../src-shared/primitives.ts';

/** "10.0.0.0/8, 192.0.2.1" → its parts; people separate with spaces, commas, semicolons and line breaks. */
export const partsOf = (text: string): string[] => text.split(/[\s,;]+/).filter(Boolean);

export const areNetworks = (texts: readonly string[]): boolean =>
  texts.every((text) => cidr.safeParse(text).success);
export const areAddresses = (texts: readonly string[]): boolean =>
  texts.every((text) => ipAddress.safeParse(text).success);
export const areEither = (texts: readonly string[]): boolean =>
  texts.every((text) => z.union([cidr, ipAddress]).safeParse(text).success);

/** "12" → 12; null for what is not a whole number from `least` to `most`. */
export function wholeNumber(text: string, least: number, most: number): number | null {
  if (!/^\d{1,9}$/.test(text.trim())) return null;
  const value = Number(text);
  return value >= least && value <= most ? value : null;
}
