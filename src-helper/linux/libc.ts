import koffi from 'koffi';

/**
 * The few C library calls that Node does not offer. Each returns -1 on failure, with the reason in `koffi.errno()`.
 * A parameter after a pointer is the size in bytes of what it points at.
 */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  send(fd: number, bytes: Uint8Array, length: number, flags: number): number;
  recv(fd: number, bytes: Uint8Array, length: number, flags: number): number;
  /** `length` is a one-element array: room in, bytes written out. */
  getsockopt(fd: number, level: number, name: number, value: Uint8Array, length: [number]): number;
  close(fd: number): number;
  /** 0 when there is no such interface in this network namespace. */
  interfaceIndex(name: string): number;
  errno(): number;
}

/** Binds the calls from the C library that this process already runs on. */
export function loadLibc(): Libc {
  const library = koffi.load(null);
  return {
    socket: library.func('int socket(int domain, int type, int protocol)'),
    send: library.func('intptr_t send(int fd, const void *bytes, size_t length, int flags)'),
    recv: library.func('intptr_t recv(int fd, _Out_ void *bytes, size_t length, int flags)'),
    getsockopt: library.func(
      'int getsockopt(int fd, int level, int name, _Out_ void *value, _Inout_ uint32_t *length)',
    ),
    interfaceIndex: library.func('unsigned int if_nametoindex(const char *name)'),
    close: library.func('int close(int fd)'),
    errno: () => koffi.errno(),
  };
}
