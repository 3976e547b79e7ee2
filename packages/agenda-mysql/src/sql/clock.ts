// The database's clock: milliseconds since 1970, exact in every session time zone, also while clocks are set back.
export const NOW = `(TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(3)) DIV 1000)`
