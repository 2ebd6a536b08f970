/** The version of the system, as `vxt_build_info` reports it. */
export const VERSION = '0.1.0';
