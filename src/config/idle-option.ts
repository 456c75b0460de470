import type { Context } from './context.ts';

/** Reports each of these options that is given, because something beside it leaves it without effect: no option is read and ignored. */
export function reportIdle(given: object, options: readonly string[], why: string, hint: string, context: Context): void {
  for (const option of options) {
    if (Object.hasOwn(given, option)) context.report.error(context.key(option), `\`${option}\` has no effect ${why}`, hint);
  }
}
