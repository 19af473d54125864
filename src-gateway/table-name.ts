/** The agent's own table, one for each tunnel. */
export function tableName(interfaceName: string): string {
  return `postern_${interfaceName.replaceAll('-', '_')}`;
}
