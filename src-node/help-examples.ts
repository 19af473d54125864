/** What the `--help` of a command ends with: lines as they are typed. For commander's `addHelpText('after', …)`. */
export function helpExamples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}
