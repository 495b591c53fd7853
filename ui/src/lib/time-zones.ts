/** The IANA names of all time zones, each once, beginning with the given ones. */
export function timeZones(...first: string[]): string[] {
  return [...new Set([...first, 'UTC', ...Intl.supportedValuesOf('timeZone')])];
}

/** A time zone's name as people read it. */
export const zoneName = (zone: string): string => zone.replaceAll('_', ' ');
