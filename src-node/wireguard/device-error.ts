/** The device refused a change. `errno` is what it answered (negated system errno), when it answered at all. */
export class WgDeviceError extends Error {
  readonly errno: number | null;

  constructor(message: string, errno: number | null = null) {
    super(message);
    this.name = 'WgDeviceError';
    this.errno = errno;
  }
}
