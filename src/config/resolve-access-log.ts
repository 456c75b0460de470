import path from 'node:path';
import { parseBytes } from '../lib/bytes.ts';
import { parseDuration } from '../lib/duration.ts';
import { parsePercent } from '../lib/percent.ts';
import type { AccessLogConfig, FileTarget, LogRule, LogTarget, MaskConfig, RotateConfig, SyslogTarget } from './access-log-config.ts';
import { type Context, listed } from './context.ts';
import { LOG_FIELDS } from './log-field.ts';
import { COMBINED_TEMPLATE } from './log-template.ts';
import { accessLogSchema, FACILITIES, maskSchema, rotateSchema } from './schema/access-log.ts';
import { withDefaults } from './schema/defaults.ts';
import type { RawAccessLog, RawRouteLog } from './schema/file.ts';
import { parseSyslogAddress } from './syslog-address.ts';

type FullAccessLog = Exclude<RawAccessLog, string>;
type RawTarget = Exclude<NonNullable<FullAccessLog['to']>, string>;

const HASHES = 2 ** 32;
/** A file that could not even hold a few lines would be put aside at every look. */
const FILE_BYTES_MIN = 4096;

/** The option `accessLog`, which must be valid. Reports what does not go together. */
export function resolveAccessLog(raw: RawAccessLog, workingDir: string, context: Context): AccessLogConfig {
  const given: FullAccessLog = typeof raw === 'string' ? { format: raw } : raw;
  const { format, fields, template, escape, headers, to, mask, buffer } = withDefaults(accessLogSchema, given);
  reportMisfits(given, context.within('accessLog'));
  const isTemplate = template !== undefined || format === 'combined';
  return {
    format: isTemplate ? 'template' : format,
    fields: fields === undefined ? LOG_FIELDS : [...new Set(fields)],
    template: isTemplate ? (template ?? COMBINED_TEMPLATE) : '',
    escape,
    headers: lowerCase(headers),
    to: resolveTarget(to, workingDir, context.within('accessLog', 'to')),
    mask: resolveMask(mask, context),
    bufferBytesMax: parseBytes(buffer),
  };
}

/** Which requests of a route are written down. */
export function resolveLogRule(raw: RawRouteLog): LogRule {
  if (typeof raw === 'boolean') return { errors: raw, below: raw ? HASHES : 0, slowMs: 0 };
  if (raw === 'errors') return { errors: true, below: 0, slowMs: 0 };
  return { errors: true, below: Math.round(parsePercent(raw.sample) * HASHES), slowMs: raw.slow === undefined ? 0 : parseDuration(raw.slow) };
}

function reportMisfits({ format, template, fields, headers, escape }: FullAccessLog, context: Context): void {
  const misfit = (key: string, message: string, hint: string): void => context.report.error(context.key(key), message, hint);
  if (template !== undefined && format !== undefined) misfit('format', '`format` and `template` exclude each other', 'Remove one of them.');
  if (escape !== undefined && template === undefined) misfit('escape', '`escape` has no effect without `template`', 'Remove it.');
  const isJson = template === undefined && (format === undefined || format === 'json' || format === 'auto');
  if (isJson) return;
  if (fields !== undefined) misfit('fields', '`fields` are those of JSON', 'Write `format: json`, or remove it.');
  if (headers !== undefined) misfit('headers', '`headers` are those of JSON', template === undefined ? 'Write `format: json`, or remove it.' : 'In a template, `$http_NAME` is a header.');
}

function resolveTarget(to: NonNullable<FullAccessLog['to']>, workingDir: string, context: Context): LogTarget {
  if (typeof to === 'string') return { kind: to };
  if (to.syslog !== undefined) return resolveSyslog(to, to.syslog, context);
  if (to.file !== undefined) return resolveFile(to, path.resolve(workingDir, to.file), context);
  context.report.error(context.at(), '`file` or `syslog` is missing', 'Write `{ file: ./access.log }` or `{ syslog: udp://host:514 }`.');
  return { kind: 'stdout' };
}

function resolveSyslog({ file, rotate, facility = 'local7', app = 'sluice' }: RawTarget, syslog: string, context: Context): SyslogTarget {
  if (file !== undefined) context.report.error(context.key('file'), '`file` and `syslog` exclude each other', 'Remove one of them.');
  else if (rotate !== undefined) context.report.error(context.key('rotate'), '`rotate` is for a `file`', 'Remove it.');
  return { kind: 'syslog', address: parseSyslogAddress(syslog), facility: FACILITIES.indexOf(facility), app };
}

function resolveFile({ rotate, facility, app }: RawTarget, file: string, context: Context): FileTarget {
  if (facility !== undefined) context.report.error(context.key('facility'), '`facility` is for `syslog`', 'Remove it.');
  if (app !== undefined) context.report.error(context.key('app'), '`app` is for `syslog`', 'Remove it.');
  return { kind: 'file', file, rotate: rotate === 'off' ? null : resolveRotate(rotate ?? {}, context.within('rotate')) };
}

function resolveRotate(raw: Exclude<NonNullable<RawTarget['rotate']>, string>, context: Context): RotateConfig {
  const { size, every, keep, total } = withDefaults(rotateSchema, raw);
  const sizeBytes = parseBytes(size);
  const totalBytes = total === undefined ? sizeBytes * (keep + 1) : parseBytes(total);
  if (sizeBytes < FILE_BYTES_MIN) context.report.error(context.key('size'), 'a file of this size holds a few lines only', 'Write at least `4KB`.');
  if (totalBytes < 2 * sizeBytes) {
    const hint = `Write \`total\` of at least twice the \`size\`${raw.size === undefined ? ', which is 100MB where nothing is said' : ''}.`;
    context.report.error(context.key('total'), 'this has no room for one file beside the one that is written', hint);
  }
  return { sizeBytes, everyMs: parseDuration(every), keep, totalBytes };
}

function resolveMask(raw: NonNullable<FullAccessLog['mask']> | undefined, context: Context): MaskConfig {
  const { email, phone, card, patterns, address, key, query, headers } = withDefaults(maskSchema, raw);
  if (key !== undefined && address !== 'hash') context.report.error(context.key('accessLog', 'mask', 'key'), '`key` is that of `address: hash`', 'Remove it, or write `address: hash`.');
  return {
    email, phone, card, address,
    patterns: Object.entries(patterns).map(([name, pattern]) => ({ name, pattern })),
    key: key ?? null,
    query: lowerCase(query),
    headers: lowerCase(headers),
  };
}

function lowerCase(names: string | readonly string[]): string[] {
  return [...new Set(listed(names).map(({ item }) => item.toLowerCase()))];
}
