import { expect, test } from '@jest/globals';
import { saysJson } from '../../../../services/ingress/http/media-type.ts';

test.each([
  undefined,
  'application/json',
  'APPLICATION/JSON',
  'application/json; charset=utf-8',
  'application/json;charset=UTF-8',
  'application/json ; charset="utf-8"',
  'application/json\t; charset=utf-8',
  'application/json;\tcharset=utf8\t; x=y',
  'application/json; x="; charset=latin1"; charset=utf-8',
  'application/json;',
  'application/cloudevents+json',
  'application/vnd.x.v3+call+json',
  'application/problem+json; charset=Utf-8',
])('When the Content-Type is %s, then it says JSON in UTF-8', (contentType) => {
  expect(saysJson(contentType)).toBe(true);
});

test.each([
  '',
  'json',
  'application/',
  'application/json text/html',
  'application/json, text/html',
  'application/jsonp',
  'application/json+xml',
  'application/x-json',
  'text/json',
  'text/plain',
  'application/json; charset=iso-8859-1',
  'application/json; charset="utf-16"',
  'application/json; charset=us-ascii; charset=utf-8',
  `application/${'+json;'.repeat(2_000)}charset=latin1`,
])('When the Content-Type is %s, then it does not', (contentType) => {
  expect(saysJson(contentType)).toBe(false);
});
