import koffi from 'koffi';

/**
 * Loaded before a program (`node --import`): this process gets EAFNOSUPPORT for sockets of the address families in
 * `WITHOUT_FAMILIES` (numbers, separated by commas), as under `RestrictAddressFamilies=` of systemd or on a host without
 * IPv6. By a seccomp filter of the kernel, on Linux x86-64 and arm64.
 */
const families = (process.env.WITHOUT_FAMILIES ?? '').split(',').map(Number);
const SOCKET_CALL = process.arch === 'arm64' ? 198 : 41;
const EAFNOSUPPORT = 97;
const [PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER] = [38, 22, 2];
const [LOAD, JUMP_IF_EQUAL, RETURN] = [0x20, 0x15, 0x06];
const [ALLOW, ERRNO] = [0x7fff_0000, 0x0005_0000];

type Instruction = [code: number, ifTrue: number, ifFalse: number, value: number];
const program: Instruction[] = [
  [LOAD, 0, 0, 0],
  [JUMP_IF_EQUAL, 0, families.length + 1, SOCKET_CALL],
  // The low half of the first argument.
  [LOAD, 0, 0, 16],
  ...families.map((family, index): Instruction => [JUMP_IF_EQUAL, families.length - index, 0, family]),
  [RETURN, 0, 0, ALLOW],
  [RETURN, 0, 0, ERRNO | EAFNOSUPPORT],
];
const code = Buffer.concat(
  program.map(([operation, ifTrue, ifFalse, value]) => {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt16LE(operation, 0);
    bytes.writeUInt8(ifTrue, 2);
    bytes.writeUInt8(ifFalse, 3);
    bytes.writeUInt32LE(value >>> 0, 4);
    return bytes;
  }),
);
const filter = koffi.struct('sock_fprog', { len: 'uint16', filter: 'void *' });
const prctl = koffi.load('libc.so.6').func('int prctl(int, unsigned long, ...)');
const isAllowed =
  prctl(PR_SET_NO_NEW_PRIVS, 1, 'unsigned long', 0, 'unsigned long', 0, 'unsigned long', 0) === 0;
const isFiltered =
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, koffi.pointer(filter), { len: program.length, filter: code }) ===
  0;
if (!isAllowed || !isFiltered) throw new Error('this kernel takes no filter');
