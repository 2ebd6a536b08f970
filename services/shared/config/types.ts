import { z } from 'zod';
import { brokerAddress } from './broker-address.ts';

/** The types that settings are written in: each reads a string and says in words what it wants. */
export const text = z.string().min(1, 'must not be empty');

export const flag = z
  .enum(['true', 'false'], { error: 'must be true or false' })
  .transform((value) => value === 'true');

export const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${least} to ${most}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be a whole number from ${least} to ${most}`);

export const port = wholeNumber(0, 65_535);

export const oneOf = <const Values extends readonly [string, ...string[]]>(...values: Values) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` });

/** A comma list without empty members: at least one. */
export const commaList = z
  .string()
  .transform((value) =>
    value
      .split(',')
      .map((member) => member.trim())
      .filter((member) => member !== ''),
  )
  .refine((members) => members.length > 0, 'must be a comma list with at least one member');

/** Brokers as they are written, each host:port or [IPv6 address]:port. */
export const brokerList = commaList.superRefine((members, context) => {
  for (const member of members) {
    const address = brokerAddress(member);
    if ('problem' in address)
      context.addIssue({
        code: 'custom',
        message: `must be a comma list of host:port, but ${member} ${address.problem}`,
      });
  }
});

export const httpUrl = z
  .string()
  .refine((value) => /^https?:$/.test(URL.parse(value)?.protocol ?? ''), 'must be an http:// or https:// URL')
  .refine(
    (value) => !URL.parse(value)?.username && !URL.parse(value)?.password,
    'must not hold a login: it is written into events and logs',
  )
  .transform((value) => value.replace(/\/+$/, ''));

export const timeZone = z.string().refine((value) => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: value });
    return true;
  } catch {
    return false;
  }
}, 'must be an IANA time zone, such as Pacific/Auckland');
