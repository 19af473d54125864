import { readAddress, readAddressOrNetwork, readNetwork } from '../../../src-shared/typed-network.ts';

/** "10.0.0.0/8, 192.0.2.1" → its parts; people separate with spaces, commas, semicolons and line breaks. */
export const partsOf = (text: string): string[] => text.split(/[\s,;]+/).filter(Boolean);

export const areNetworks = (texts: readonly string[]): boolean =>
  texts.every((text) => readNetwork(text) !== null);
export const areAddresses = (texts: readonly string[]): boolean =>
  texts.every((text) => readAddress(text) !== null);
export const areEither = (texts: readonly string[]): boolean =>
  texts.every((text) => readAddressOrNetwork(text) !== null);

/** "12" → 12; null for what is not a whole number from `least` to `most`. */
export function wholeNumber(text: string, least: number, most: number): number | null {
  if (!/^\d{1,9}$/.test(text.trim())) return null;
  const value = Number(text);
  return value >= least && value <= most ? value : null;
}
