/** More than any token has; what follows is not read. */
const MOST_BYTES = 4096;

/**
 * The token of a command line: its word where there is one, else standard input, so that no list of processes shows it; at
 * a terminal it is asked for and not echoed. Rejects with `ExitPromptError` on Ctrl-C.
 */
export async function tokenInput(word: string | undefined): Promise<string> {
  if (word !== undefined) return word.trim();
  if (!process.stdin.isTTY) return (await firstBytes()).trim();
  // Loaded here, so that the agent does not carry it.
  const { password } = await import('@inquirer/prompts');
  return (await password({ message: 'Token', mask: true })).trim();
}

async function firstBytes(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    text += chunk;
    if (text.length > MOST_BYTES) break;
  }
  return text;
}
