import { replacing, without } from '../http-request.ts';
import { type HeaderCase, made } from './header-case.ts';

/** What a sender says its body is. */
export const mediaTypeCases: readonly HeaderCase[] = [
  { name: 'no media type', make: (_draw, request) => made(without(request, 'content-type'), 202) },
  {
    name: 'a media type that is JSON',
    make: (draw, request) => {
      const value = draw.pick([
        'application/json; charset=utf-8',
        'application/json;charset="UTF-8"',
        'APPLICATION/JSON\t;\tcharset=utf8',
        'application/cloudevents+json',
        'application/vnd.vxt.v3+json;q=1;charset=utf-8',
        'application/json;;;',
      ]);
      return made(replacing(request, 'content-type', value), 202);
    },
  },
  {
    name: 'a media type that is not JSON',
    make: (draw, request) => {
      const value = draw.pick([
        '',
        '/',
        'json',
        'text/plain',
        'text/json',
        'application/',
        'application/jsonp',
        'application/json, text/html',
        'application/json; charset=latin1',
        'application/json;charset=utf-16',
        'multipart/form-data; boundary=x',
        `application/${'+json'.repeat(draw.size(2_000))}x`,
        ';'.repeat(draw.size(12_000)),
        'application/\xffjson',
      ]);
      return made(replacing(request, 'content-type', value), 415);
    },
  },
  {
    name: 'a media type with many parameters',
    make: (draw, request) => {
      const parameters = draw
        .pick([';', ';a', ';a=b', ';a="', ';a="\\', '; ', ' ', '\t', '=', '"'])
        .repeat(draw.size(2_000));
      return made(replacing(request, 'content-type', `application/json${parameters}`), 202, 415);
    },
  },
];
