const NOBODY = 65_534;

/** Runs `work` without the rights of root, whom no file mode stops; other users are stopped anyway. */
export async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}
