import { z } from 'zod';
import { brokerAddress } from './broker-address.ts';

/** The types of settings. Each parses a string, and its message says what is allowed. */
export const text = z.string().min(1, 'must not be empty');

export const flag = z
  .enum(['true', 'false'], { error: 'must be true or false' })
  .transform((value) => value === 'true');

export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`);

export const port = wholeNumber(0, 65_535);

export const oneOf = <const Values extends readonly [string, ...string[]]>(...values: Values) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` });

/** A comma list with at least one member. Empty members are left out. */
export const commaList = z
  .string()
  .transform((value) =>
    value
      .split(',')
      .map((member) => member.trim())
      .filter((member) => member !== ''),
  )
  .refine((members) => members.length > 0, 'must be a comma list with at least one member');

/** Each member is checked to be host:port or [IPv6 address]:port, and stays a string. */
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
    'must not contain a login: the URL is written to events and logs',
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
