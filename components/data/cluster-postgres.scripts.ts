// Files of Postgres inside the cluster: who is let in, how a volume is made ready, how copies are made and taken back.
import { DATABASE, ROLE } from "./cluster-postgres.plan.ts";

export const SCRIPTS_DIR = "/etc/rampa/postgres";
export const PASSWORD_DIR = "/run/secrets/rampa/postgres";
export const PASSWORD_KEY = "password";
export const DATA_DIR = "/var/lib/rampa/postgres";
/** Below the volume's root, where some volumes have a `lost+found`. */
export const PGDATA = `${DATA_DIR}/data`;
export const BACKUPS_DIR = "/var/lib/rampa/backups";

/** The role alone, by password, from the network; inside the pod whoever may start programs there is trusted. */
const HBA = `local all all trust
host all ${ROLE} 0.0.0.0/0 scram-sha-256
host all ${ROLE} ::/0 scram-sha-256
`;

/** The role reads all, or a table that somebody made as another role would be in no copy. */
const FIRST_STATEMENTS = [
  `CREATE ROLE ${ROLE} LOGIN CREATEDB IN ROLE pg_read_all_data`,
  `CREATE DATABASE ${DATABASE} OWNER ${ROLE}`,
]
  .map((statement) => `'${statement}'`)
  .join(" ");

/**
 * Runs before the server. A new data directory gets its name when it is complete and on the disk, so one that was cut
 * off is made anew. The password is set every time: a new one in the Secret is in force after a restart, and so is the old one
 * again on a volume that was kept.
 */
const PREPARE = `umask 077
single() { postgres --single -c exit_on_error=on "$@" postgres >/dev/null; }
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  rm -rf "$PGDATA.new"
  initdb --pgdata="$PGDATA.new" --username=postgres --auth=trust --encoding=UTF8 --locale=C \\
    --locale-provider=builtin --builtin-locale=C.UTF-8 --no-instructions --no-sync >/dev/null
  printf '%s\\n' ${FIRST_STATEMENTS} | single -D "$PGDATA.new" -c fsync=off
  sync
  mv "$PGDATA.new" "$PGDATA"
fi
printf "ALTER ROLE ${ROLE} PASSWORD '%s'\\n" "$(cat ${PASSWORD_DIR}/${PASSWORD_KEY})" | single -D "$PGDATA"
`;

/** Relations that a person or a program made in the database. */
const COUNT_RELATIONS = `select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')`;

/**
 * `backup`, `list` or `restore NAME [--overwrite]`; each answer is a line of JSON. A copy is restored beside the
 * database and takes its place in one transaction: a copy that cannot be restored changes nothing.
 */
const BACKUP = `umask 077
PGPASSWORD=$(cat ${PASSWORD_DIR}/${PASSWORD_KEY})
export PGPASSWORD
cd ${BACKUPS_DIR}
fail() {
  printf '{"error":"%s","message":"%s"}\\n' "$1" "$2"
  exit 3
}
describe() { printf '{"name":"%s","bytes":%s}\\n' "$1" "$(stat -c %s "$1")"; }
admin() { psql --dbname=postgres --set=ON_ERROR_STOP=1 --quiet --tuples-only --no-align --no-psqlrc "$@"; }

backup() {
  name="${DATABASE}-$(date -u +%Y%m%dT%H%M%SZ).dump"
  rm -f .*.part
  pg_dump --format=custom --no-owner --file=".$name.part" \\
    || { rm -f ".$name.part"; fail backup-failed "pg_dump ended with an error"; }
  mv ".$name.part" "$name"
  describe "$name"
  ls -1 | grep '\\.dump$' | sort -r | tail -n "+$((KEEP + 1))" | while read -r old; do rm -f "$old"; done
}

list() { for file in *.dump; do [ ! -f "$file" ] || describe "$file"; done; }

swap() {
  admin --single-transaction \\
    --command="select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '${DATABASE}'" \\
    --command='alter database ${DATABASE} rename to ${DATABASE}_before' \\
    --command='alter database ${DATABASE}_restoring rename to ${DATABASE}' >/dev/null
}

restore() {
  case "$1" in ''|.*|*/*|*[!A-Za-z0-9.-]*) fail backup-missing "there is no copy of that name" ;; esac
  [ -f "$1" ] || fail backup-missing "there is no copy $1"
  pg_restore --list "$1" >/dev/null || fail backup-damaged "$1 cannot be read as a copy"
  [ -n "$(admin --command="select 1 from pg_database where datname = '${DATABASE}'")" ] \\
    || admin --command='create database ${DATABASE}'
  relations=$(psql --tuples-only --no-align --no-psqlrc --command="${COUNT_RELATIONS}")
  [ "$relations" = 0 ] || [ "\${2:-}" = --overwrite ] \\
    || fail database-not-empty "the database has $relations relations, which a restore would replace"
  for left in restoring before; do admin --command="drop database if exists ${DATABASE}_$left with (force)"; done
  admin --command='create database ${DATABASE}_restoring'
  pg_restore --exit-on-error --single-transaction --no-owner --dbname=${DATABASE}_restoring "$1" \\
    || { admin --command='drop database ${DATABASE}_restoring'; fail backup-damaged "$1 could not be restored"; }
  for attempt in 1 2 3 4 5; do
    if swap; then
      admin --command='drop database ${DATABASE}_before with (force)'
      printf '{"name":"%s","replaced":%s}\\n' "$1" "$relations"
      return
    fi
    sleep 1
  done
  fail database-busy "clients came back faster than the database could be replaced"
}

case "\${1:-}" in
  backup) backup ;;
  list) list ;;
  restore) restore "\${2:-}" "\${3:-}" ;;
  *) fail usage "want backup, list or restore" ;;
esac
`;

/** By file name. */
export const POSTGRES_FILES: Readonly<Record<string, string>> = {
  "pg_hba.conf": HBA,
  "prepare.sh": PREPARE,
  "backup.sh": BACKUP,
};
