/** The 49,000 most used passwords. */
export interface CommonPasswords {
  /** Whether this very word is among them, in any case, with digits and signs for letters too. */
  has(word: string): boolean;
}

let unpacked: Promise<CommonPasswords> | null = null;

/** Unpacked when first asked for: a tenth of a second of computing, which most commands have no use for. */
export function commonPasswords(): Promise<CommonPasswords> {
  unpacked ??= unpack();
  return unpacked;
}

async function unpack(): Promise<CommonPasswords> {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  const passwords = new Set(dictionary['passwords-common']);
  return {
    has(word) {
      const lower = word.toLowerCase();
      return passwords.has(lower) || passwords.has(plain(lower));
    },
  };
}

/** What people write in place of a letter. */
const letterOf: Record<string, string> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};
const plain = (text: string): string => text.replace(/[013457@$!]/g, (sign) => letterOf[sign] ?? sign);
