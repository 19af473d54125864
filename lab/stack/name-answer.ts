/** Of the control server, on the networks whose router answers names. */
export const SERVER_NAME = 'vpn.postern.test';

const TYPE_A = 1;

/**
 * The answer (RFC 1035 §4) to a query for one name: `server`'s IPv4 address for SERVER_NAME, `internet`'s for any other,
 * and no address of another type. Null for what is no such query.
 */
export function answerName(query: Buffer, server: string, internet: string): Buffer | null {
  if (query.length < 17 || query.readUInt16BE(4) !== 1) return null;
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length !== 0; length = query[at] ?? 0) {
    if (length > 63 || at + length >= query.length) return null;
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  const end = at + 5;
  if (end > query.length) return null;
  const isA = query.readUInt16BE(at + 1) === TYPE_A;
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  // A response, recursion wanted and available.
  header.writeUInt16BE(0x8180, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(isA ? 1 : 0, 6);
  const question = query.subarray(12, end);
  if (!isA) return Buffer.concat([header, question]);
  const address = labels.join('.').toLowerCase() === SERVER_NAME ? server : internet;
  // The name of the question, type A, class IN, 5 s, 4 bytes.
  const record = Buffer.from([
    0xc0,
    12,
    0,
    TYPE_A,
    0,
    1,
    0,
    0,
    0,
    5,
    0,
    4,
    ...address.split('.').map(Number),
  ]);
  return Buffer.concat([header, question, record]);
}
