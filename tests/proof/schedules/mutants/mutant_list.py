"""The bugs that are planted."""

from __future__ import annotations

from tests.proof.schedules.checkers.invariants import Rule
from tests.proof.schedules.mutants.mutant import Mutant

_SCRIPTS = "adapters/redis/scripts"
_CLAIMING = "domain/claiming"
_REPAIRING = "domain/repairing"
_USE_CASES = "domain/use_cases"

MUTANTS = (
    Mutant(
        "finish ignores the revision",
        f"{_SCRIPTS}/finish.lua",
        "record.state ~= TOMBSTONE and record.revision > committed then",
        "false then",
        (Rule.SAVES, Rule.KEPT),
    ),
    Mutant(
        "the revision is a plain counter",
        f"{_SCRIPTS}/save.lua",
        "math.max(record.revision + 1, now)",
        "record.revision + 1",
        (Rule.SAVES,),
    ),
    Mutant(
        "a save that is repeated is another save",
        f"{_SCRIPTS}/save.lua",
        "if record.save == save then",
        "if false then",
        (Rule.REPEATED,),
    ),
    Mutant(
        "a save does not look for a tombstone",
        f"{_SCRIPTS}/save.lua",
        "if record.state == TOMBSTONE then return {'CLAIMED'} end",
        "if record.state == TOMBSTONE then record.body, record.product = '\\0', '' end",
        (Rule.CLAIMED,),
    ),
    Mutant(
        "a save brings back what is gone",
        f"{_SCRIPTS}/save.lua",
        "if not old then return {'GONE'} end",
        "if not old then old = opened(0, '........', '\\0') end",
        (Rule.KEPT,),
    ),
    Mutant(
        "begin does not restart the TTL",
        f"{_SCRIPTS}/begin.lua",
        "redis.call('SET', KEYS[1], frozen, 'PX', ttl)",
        "redis.call('SET', KEYS[1], frozen, 'KEEPTTL')",
        (Rule.KEPT,),
    ),
    Mutant(
        "a tombstone has no TTL",
        f"{_SCRIPTS}/finish.lua",
        ", 'PX', tonumber(ARGV[2]))",
        ")",
        (Rule.TTL,),
    ),
    Mutant(
        "a discard does not heed a lease",
        f"{_SCRIPTS}/discard.lua",
        "if busy then return {'BUSY', busy} end",
        "",
        (Rule.BOTH,),
    ),
    Mutant(
        "the account is committed before the claim",
        "adapters/memory/database.py",
        "        with self._database.writing():\n"
        "            if new.account:\n"
        "                self._add_account(new.account)\n"
        "            self._add_claim(new.claim)\n",
        "        if new.account:\n"
        "            with self._database.writing():\n"
        "                self._add_account(new.account)\n"
        "        with self._database.writing():\n"
        "            self._add_claim(new.claim)\n",
        (Rule.ONE, Rule.OPEN, Rule.TOLD),
    ),
    Mutant(
        "the account is committed before the claim, in SQL",
        "adapters/sql/claims.py",
        "        def insert(database: Database) -> None:\n"
        "            if account:\n"
        "                AccountRow.insert(account).execute(database)\n",
        "        if account:\n"
        "            self.transactions.write(lambda database: AccountRow.insert(account).execute(database))\n"
        "\n"
        "        def insert(database: Database) -> None:\n",
        (Rule.ONE, Rule.OPEN, Rule.TOLD),
    ),
    Mutant(
        "a claim is changed whatever became of it meanwhile, in SQL",
        "adapters/sql/outbox.py",
        "            & (ClaimRow.version == before.version)\n"
        "            & (ClaimRow.source_revision == before.source_revision)\n",
        "",
        (Rule.SAVES, Rule.ROWS, Rule.REPLAY, Rule.TOLD),
    ),
    Mutant(
        "an older draft takes the place of a newer one",
        "adapters/memory/database.py",
        "if claim is None or claim.source_revision >= stored.revision:",
        "if claim is None:",
        (Rule.SAVES,),
    ),
    Mutant(
        "a newer draft does not raise the claim's revision",
        "adapters/memory/database.py",
        "source_revision=stored.revision,\n                cleanup=Cleanup.PENDING,",
        "cleanup=Cleanup.PENDING,",
        (Rule.SAVES, Rule.CLEANED),
    ),
    Mutant(
        "a claim is changed whatever became of it meanwhile",
        "adapters/memory/outbox.py",
        "if present is None or _read(present) != _read(before):",
        "if present is None:",
        (Rule.SAVES, Rule.ROWS, Rule.REPLAY),
    ),
    Mutant(
        "an erased account's claims stay as they are",
        "adapters/memory/database.py",
        "replace(claim.discarded(now), version=claim.version + 1)",
        "replace(claim, account_id=None, version=claim.version + 1)",
        (Rule.ROWS, Rule.FORGOTTEN),
    ),
    Mutant(
        "a discarded claim may be older than a draft",
        "domain/claims.py",
        "            source_revision=LAST_REVISION,\n",
        "",
        (Rule.CLEANED, Rule.ROWS, Rule.TOLD),
    ),
    Mutant(
        "the conflict rule reads the e-mail before the claim",
        f"{_CLAIMING}/commit_claim.py",
        "                if owner := self.claims.with_account(ref.quote_id):\n",
        "                self._refuse_if_hopeless(ref, claimant, attempt)\n"
        "                if owner := self.claims.with_account(ref.quote_id):\n",
        (Rule.REPLAY, Rule.TOLD),
    ),
    Mutant(
        "a draft is opened again though its claim may be committed",
        f"{_CLAIMING}/commit_claim.py",
        "            except CommitUnknown:\n                raise",
        "            except CommitUnknown:\n                self._reopen(ref, attempt)\n                raise",
        (Rule.BOTH,),
    ),
    Mutant(
        "a draft stays frozen though its e-mail was taken",
        f"{_CLAIMING}/commit_claim.py",
        "            self._reopen(ref, attempt)\n            raise EmailTaken(ref.quote_id) from None",
        "            raise EmailTaken(ref.quote_id) from None",
        (Rule.OPEN,),
    ),
    Mutant(
        "a registration cleans up to what it read itself",
        f"{_CLAIMING}/commit_claim.py",
        "self._clean_up(ref, attempt, outcome.committed.claim)",
        "self._clean_up(ref, attempt, replace(outcome.committed.claim, source_revision=stored.revision))",
        (Rule.SAVES, Rule.KEPT),
    ),
    Mutant(
        "a replay needs no password",
        f"{_USE_CASES}/register_and_claim.py",
        "return same_password and account.email.key == applicant.email.key",
        "return account.email.key == applicant.email.key",
        (Rule.REPLAY,),
    ),
    Mutant(
        "a password is logged",
        f"{_USE_CASES}/register_and_claim.py",
        "        password_hash = self.hasher.hash(applicant.password)\n",
        '        password_hash = self.hasher.hash(applicant.password)\n        _log.debug("%s", applicant.password)\n',
        (Rule.SECRETS,),
    ),
    Mutant(
        "a discard does not ask the database",
        f"{_USE_CASES}/discard_quote.py",
        "        self.missing.refuse_if_claimed(ref)\n",
        "",
        (Rule.CLAIMED, Rule.BOTH),
    ),
    Mutant(
        "what the store does not have is called expired",
        f"{_CLAIMING}/missing_draft.py",
        "            self.refuse_if_claimed(ref)\n            raise QuoteExpired(ref.quote_id) from signal",
        "            raise QuoteExpired(ref.quote_id) from signal",
        (Rule.CLAIMED,),
    ),
    Mutant(
        "a draft that cannot be fetched now is given up",
        f"{_REPAIRING}/repair_claim.py",
        "            if not self.fetch.missing.has_expired(claim.ref):\n                raise\n",
        "",
        (Rule.KEPT,),
    ),
    Mutant(
        "a pending claim is cleaned up after",
        f"{_CLAIMING}/commit_claim.py",
        "        if claim.state in (ClaimState.FETCH_PENDING, ClaimState.UNKNOWN):",
        "        if claim.state is ClaimState.UNKNOWN:",
        (Rule.TOLD, Rule.KEPT, Rule.ROWS),
    ),
    Mutant(
        "one cleanup pass is enough",
        f"{_REPAIRING}/schedule.py",
        "return next((moment for moment in passes if moment > now), None)",
        "return None",
        (Rule.CLEANED,),
    ),
    Mutant(
        "an operator may retry what is done",
        f"{_REPAIRING}/change_claim.py",
        "if claim.state not in states:",
        "if action is not AuditAction.RETRY and claim.state not in states:",
        (Rule.ONCE, Rule.SAVES, Rule.ROWS),
    ),
    Mutant(
        "a save does not heed a lease",
        f"{_SCRIPTS}/save.lua",
        "if busy then return {'BUSY', busy} end",
        "",
        (Rule.BOTH,),
    ),
    Mutant(
        "a repaired draft is newer than what was saved since",
        f"{_USE_CASES}/retry_claim.py",
        "revision = claim.source_revision or Revision(milliseconds(claim.created_at))",
        "revision = Revision(max(claim.source_revision + 1, milliseconds(self.clock.now())))",
        (Rule.SAVES,),
    ),
    Mutant(
        "an operator may give up what is still to be fetched",
        f"{_USE_CASES}/discard_claim.py",
        "_FAILED = (ClaimState.RETRY, ClaimState.DEAD)",
        "_FAILED = (ClaimState.FETCH_PENDING, ClaimState.RETRY, ClaimState.DEAD)",
        (Rule.KEPT,),
    ),
    Mutant(
        "what an operator does is not kept",
        "adapters/memory/outbox.py",
        "            if entry:\n                self._database.audit_entries.append(copy.deepcopy(entry))\n"
        "        return after",
        "        return after",
        (Rule.TOLD,),
    ),
    Mutant(
        "a merge overwrites what was saved meanwhile",
        f"{_USE_CASES}/merge_details.py",
        "self.ids.save_id(), details, quote.revision)",
        "self.ids.save_id(), details, None)",
        (Rule.SAVES,),
    ),
    Mutant(
        "a save does not heed If-Match",
        f"{_SCRIPTS}/save.lua",
        "if differs(record, expected) then",
        "if false then",
        (Rule.SAVES,),
    ),
    Mutant(
        "a lease never ends",
        f"{_SCRIPTS}/begin.lua",
        "math.ceil((now + lease) / 1000)",
        "math.ceil((now + 1000 * lease) / 1000)",
        (Rule.OPEN,),
    ),
    Mutant(
        "a tombstone stands for a minute",
        f"{_SCRIPTS}/finish.lua",
        "'PX', tonumber(ARGV[2]))",
        "'PX', 60000)",
        (Rule.CLAIMED,),
    ),
    Mutant(
        "a claim leaves a key of its own",
        f"{_SCRIPTS}/begin.lua",
        "redis.call('SET', KEYS[1], frozen, 'PX', ttl)",
        "redis.call('SET', KEYS[1], frozen, 'PX', ttl)\nredis.call('SET', KEYS[1] .. ':lock', claim, 'PX', lease)",
        (Rule.KEPT,),
    ),
    Mutant(
        "a session has no TTL",
        f"{_SCRIPTS}/sessions.lua",
        "redis.call('SET', KEYS[1], value, 'PXAT', latest)",
        "redis.call('SET', KEYS[1], value)",
        (Rule.TTL,),
    ),
    Mutant(
        "a claim for an account does not look whose claim stands",
        f"{_USE_CASES}/claim_quote.py",
        "if owned is None or owned.claim.account_id != account.account_id:",
        "if owned is None:",
        (Rule.REPLAY, Rule.ROWS, Rule.BOTH),
    ),
    Mutant(
        "a draft stays frozen though its account was erased meanwhile",
        f"{_CLAIMING}/commit_claim.py",
        "            self._reopen(ref, attempt)\n            raise AccessTokenInvalid from None",
        "            raise AccessTokenInvalid from None",
        (Rule.OPEN,),
    ),
    Mutant(
        "an owner deletes whatever was claimed",
        "adapters/memory/database.py",
        "if claim is None or claim.account_id != account_id:",
        "if claim is None:",
        (Rule.KEPT, Rule.LET_IN, Rule.ROWS),
    ),
    Mutant(
        "a key that is repeated needs no password",
        f"{_USE_CASES}/register_and_claim.py",
        "        if not self._is_same_person(account, applicant):",
        "        if not (request and claim.request == request) and not self._is_same_person(account, applicant):",
        (Rule.REPLAY,),
    ),
    Mutant(
        "another request with the same key is taken for a repetition",
        f"{_USE_CASES}/register_and_claim.py",
        "        if request and _has_key_of(claim, request) and claim.request != request:\n"
        "            raise IdempotencyKeyReused\n",
        "",
        (Rule.REPLAY, Rule.TOLD),
    ),
    Mutant(
        "a change of credentials does not heed another",
        "adapters/memory/database.py",
        "if present is None or _credentials(present) not in (_credentials(before), _credentials(after)):",
        "if present is None:",
        (Rule.LET_IN,),
    ),
    Mutant(
        "a session does not end with the password that has opened it",
        f"{_USE_CASES}/authenticate.py",
        "if account is None or account.credentials_version != session.credentials_version:",
        "if account is None:",
        (Rule.LET_IN,),
    ),
    Mutant(
        "an erasure leaves why operators have acted",
        "adapters/memory/database.py",
        "entry.anonymised() if which(entry) else entry for entry",
        "entry for entry",
        (Rule.FORGOTTEN,),
    ),
    Mutant(
        "an erasure leaves the draft that could not be read",
        "domain/claims.py",
        "        return replace(\n            self.done(),",
        "        return replace(\n            self,",
        (Rule.FORGOTTEN, Rule.SAVES),
    ),
    Mutant(
        "a draft that could not be repaired goes with its last pass",
        "adapters/memory/outbox.py",
        "return is_left and claim.finished_at is not None and claim.finished_at <= finished_before",
        "return is_left and claim.finished_at is not None",
        (Rule.KEPT,),
    ),
    # What schedules have found in this project, and has been repaired.
    Mutant(
        "a reconciler that was overtaken raises the alarm",
        f"{_REPAIRING}/repair_claim.py",
        "            dead = self._dead(claim, claim, Cause.DRAFT_LOST",
        '            _alarm.critical("SQL lost a commit")\n'
        "            dead = self._dead(claim, claim, Cause.DRAFT_LOST",
        (Rule.TOLD,),
    ),
    Mutant(
        "the tombstone of a claim that died is an alarm when it is tried again",
        f"{_REPAIRING}/repair_claim.py",
        "if claim.finished_at or claim.cause:",
        "if claim.finished_at:",
        (Rule.TOLD, Rule.ROWS),
    ),
    Mutant(
        "a claim that took what cannot be read deletes whatever cannot be read",
        "adapters/memory/quotes.py",
        "entry.raw != undecodable and committed",
        "committed != NO_REVISION and committed",
        (Rule.KEPT,),
    ),
    # What breaks nothing: these only save work and give better answers.
    Mutant(
        "a claim does not heed another's lease",
        f"{_SCRIPTS}/begin.lua",
        "if busy then return {'BUSY', busy} end",
        "",
        (),
    ),
    Mutant(
        "finish leaves no tombstone",
        f"{_SCRIPTS}/finish.lua",
        "return {'OK'}",
        "redis.call('DEL', KEYS[1])\nreturn {'OK'}",
        (),
    ),
)
