/**
 * Tells paths below `prefix` whose last segment has one of these endings. `/a.CSS` is a `*.css` too: where the file system does
 * not care for case, a rule must not be passed by it.
 * @param endings in lower case, without their dot; `tar.gz` is one.
 */
export function createEndingTest(prefix: string, endings: ReadonlySet<string>): (path: string) => boolean {
  const longest = Math.max(...Array.from(endings, (ending) => ending.length + 1));
  return (path) => {
    const segment = path.lastIndexOf('/') + 1;
    if (segment <= prefix.length) return false;
    // No further back than the longest ending: `/a.b.c.d…` with a thousand dots costs no more than one.
    let dot = path.indexOf('.', Math.max(segment, path.length - longest));
    while (dot !== -1) {
      if (endings.has(path.slice(dot + 1).toLowerCase())) return true;
      dot = path.indexOf('.', dot + 1);
    }
    return false;
  };
}
