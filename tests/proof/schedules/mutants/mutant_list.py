"""The list of all mutants."""

from __future__ import annotations

from tests.proof.schedules.checkers.invariants import Invariant
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
        (Invariant.NO_LOST_SAVE, Invariant.DRAFT_KEPT),
    ),
    Mutant(
        "the revision is a plain counter",
        f"{_SCRIPTS}/save.lua",
        "math.max(record.revision + 1, now)",
        "record.revision + 1",
        (Invariant.NO_LOST_SAVE,),
    ),
    Mutant(
        "a save that is repeated is another save",
        f"{_SCRIPTS}/save.lua",
        "if record.save == save then",
        "if false then",
        (Invariant.REPEATABLE_CALL,),
    ),
    Mutant(
        "a save does not look for a tombstone",
        f"{_SCRIPTS}/save.lua",
        "if record.state == TOMBSTONE then return {'CLAIMED'} end",
        "if record.state == TOMBSTONE then record.body, record.product = '\\0', '' end",
        (Invariant.KNOWN_AS_CLAIMED,),
    ),
    Mutant(
        "a save recreates a quote that is gone",
        f"{_SCRIPTS}/save.lua",
        "if not old then return {'GONE'} end",
        "if not old then old = opened(0, '........', '\\0') end",
        (Invariant.DRAFT_KEPT,),
    ),
    Mutant(
        "begin does not restart the TTL",
        f"{_SCRIPTS}/begin.lua",
        "redis.call('SET', KEYS[1], frozen, 'PX', ttl)",
        "redis.call('SET', KEYS[1], frozen, 'KEEPTTL')",
        (Invariant.DRAFT_KEPT,),
    ),
    Mutant(
        "a tombstone has no TTL",
        f"{_SCRIPTS}/finish.lua",
        ", 'PX', tonumber(ARGV[2]))",
        ")",
        (Invariant.TTL,),
    ),
    Mutant(
        "a discard does not heed a lease",
        f"{_SCRIPTS}/discard.lua",
        "if busy then return {'BUSY', busy} end",
        "",
        (Invariant.CLAIM_XOR_DISCARD,),
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
        (Invariant.UNIQUE_ROWS, Invariant.CLAIMABLE, Invariant.TRUE_ANSWER),
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
        (Invariant.UNIQUE_ROWS, Invariant.CLAIMABLE, Invariant.TRUE_ANSWER),
    ),
    Mutant(
        "a claim is changed without a check of its version, in SQL",
        "adapters/sql/outbox.py",
        "            & (ClaimRow.version == before.version)\n"
        "            & (ClaimRow.source_revision == before.source_revision)\n",
        "",
        (Invariant.NO_LOST_SAVE, Invariant.COMMITTED_ROWS, Invariant.REPLAY, Invariant.TRUE_ANSWER),
    ),
    Mutant(
        "an older draft takes the place of a newer one",
        "adapters/memory/database.py",
        "if claim is None or claim.source_revision >= stored.revision:",
        "if claim is None:",
        (Invariant.NO_LOST_SAVE,),
    ),
    Mutant(
        "a newer draft does not raise the claim's revision",
        "adapters/memory/database.py",
        "source_revision=stored.revision,\n                cleanup=Cleanup.PENDING,",
        "cleanup=Cleanup.PENDING,",
        (Invariant.NO_LOST_SAVE, Invariant.CLEANED_UP),
    ),
    Mutant(
        "a claim is changed without a check of its version",
        "adapters/memory/outbox.py",
        "if present is None or _read(present) != _read(before):",
        "if present is None:",
        (Invariant.NO_LOST_SAVE, Invariant.COMMITTED_ROWS, Invariant.REPLAY),
    ),
    Mutant(
        "an erased account's claims stay as they are",
        "adapters/memory/database.py",
        "replace(claim.discarded(now), version=claim.version + 1)",
        "replace(claim, account_id=None, version=claim.version + 1)",
        (Invariant.COMMITTED_ROWS, Invariant.ERASED),
    ),
    Mutant(
        "a discarded claim may be older than a draft",
        "domain/claims.py",
        "            source_revision=LAST_REVISION,\n",
        "",
        (Invariant.CLEANED_UP, Invariant.COMMITTED_ROWS, Invariant.TRUE_ANSWER),
    ),
    Mutant(
        "the conflict rule reads the e-mail before the claim",
        f"{_CLAIMING}/commit_claim.py",
        "                if owner := self.claims.with_account(ref.quote_id):\n",
        "                self._refuse_if_hopeless(ref, claimant, attempt)\n"
        "                if owner := self.claims.with_account(ref.quote_id):\n",
        (Invariant.REPLAY, Invariant.TRUE_ANSWER),
    ),
    Mutant(
        "a draft is opened again though its claim may be committed",
        f"{_CLAIMING}/commit_claim.py",
        "            except CommitUnknown:\n                raise",
        "            except CommitUnknown:\n                self._reopen(ref, attempt)\n                raise",
        (Invariant.CLAIM_XOR_DISCARD,),
    ),
    Mutant(
        "a draft stays frozen though its e-mail was taken",
        f"{_CLAIMING}/commit_claim.py",
        "            self._reopen(ref, attempt)\n            raise EmailTaken(ref.quote_id) from None",
        "            raise EmailTaken(ref.quote_id) from None",
        (Invariant.CLAIMABLE,),
    ),
    Mutant(
        "a registration cleans up to the revision that it read",
        f"{_CLAIMING}/commit_claim.py",
        "self._clean_up(ref, attempt, outcome.committed.claim)",
        "self._clean_up(ref, attempt, replace(outcome.committed.claim, source_revision=stored.revision))",
        (Invariant.NO_LOST_SAVE, Invariant.DRAFT_KEPT),
    ),
    Mutant(
        "a replay needs no password",
        f"{_USE_CASES}/register_and_claim.py",
        "return same_password and account.email.key == applicant.email.key",
        "return account.email.key == applicant.email.key",
        (Invariant.REPLAY,),
    ),
    Mutant(
        "a password is logged",
        f"{_USE_CASES}/register_and_claim.py",
        "        password_hash = self.hasher.hash(applicant.password)\n",
        '        password_hash = self.hasher.hash(applicant.password)\n        _log.debug("%s", applicant.password)\n',
        (Invariant.NO_SECRETS,),
    ),
    Mutant(
        "a discard does not ask the database",
        f"{_USE_CASES}/discard_quote.py",
        "        self.missing.refuse_if_claimed(ref)\n",
        "",
        (Invariant.KNOWN_AS_CLAIMED, Invariant.CLAIM_XOR_DISCARD),
    ),
    Mutant(
        "a quote missing from the store is called expired",
        f"{_CLAIMING}/missing_draft.py",
        "            self.refuse_if_claimed(ref)\n            raise QuoteExpired(ref.quote_id) from signal",
        "            raise QuoteExpired(ref.quote_id) from signal",
        (Invariant.KNOWN_AS_CLAIMED,),
    ),
    Mutant(
        "a draft that cannot be fetched now is given up",
        f"{_REPAIRING}/repair_claim.py",
        "            if not self.fetch.missing.has_expired(claim.ref):\n                raise\n",
        "",
        (Invariant.DRAFT_KEPT,),
    ),
    Mutant(
        "a pending claim is cleaned up after",
        f"{_CLAIMING}/commit_claim.py",
        "        if claim.state in (ClaimState.FETCH_PENDING, ClaimState.UNKNOWN):",
        "        if claim.state is ClaimState.UNKNOWN:",
        (Invariant.TRUE_ANSWER, Invariant.DRAFT_KEPT, Invariant.COMMITTED_ROWS),
    ),
    Mutant(
        "one cleanup pass is enough",
        f"{_REPAIRING}/schedule.py",
        "return next((time for time in passes if time > now), None)",
        "return None",
        (Invariant.CLEANED_UP,),
    ),
    Mutant(
        "an operator may retry a done claim",
        f"{_REPAIRING}/change_claim.py",
        "if claim.state not in states:",
        "if action is not AuditAction.RETRY and claim.state not in states:",
        (Invariant.RETRY_ONCE, Invariant.NO_LOST_SAVE, Invariant.COMMITTED_ROWS),
    ),
    Mutant(
        "a save does not heed a lease",
        f"{_SCRIPTS}/save.lua",
        "if busy then return {'BUSY', busy} end",
        "",
        (Invariant.CLAIM_XOR_DISCARD,),
    ),
    Mutant(
        "a repaired draft is newer than a later save",
        f"{_USE_CASES}/retry_claim.py",
        "revision = claim.source_revision or Revision(milliseconds(claim.created_at))",
        "revision = Revision(max(claim.source_revision + 1, milliseconds(self.clock.now())))",
        (Invariant.NO_LOST_SAVE,),
    ),
    Mutant(
        "an operator may discard a claim that is still to be fetched",
        f"{_USE_CASES}/discard_claim.py",
        "_FAILED = (ClaimState.RETRY, ClaimState.DEAD)",
        "_FAILED = (ClaimState.FETCH_PENDING, ClaimState.RETRY, ClaimState.DEAD)",
        (Invariant.DRAFT_KEPT,),
    ),
    Mutant(
        "an operator's act has no audit entry",
        "adapters/memory/outbox.py",
        "            if entry:\n                self._database.audit_entries.append(copy.deepcopy(entry))\n"
        "        return after",
        "        return after",
        (Invariant.TRUE_ANSWER,),
    ),
    Mutant(
        "a merge overwrites a save made meanwhile",
        f"{_USE_CASES}/merge_details.py",
        "self.ids.save_id(), details, quote.revision)",
        "self.ids.save_id(), details, None)",
        (Invariant.NO_LOST_SAVE,),
    ),
    Mutant(
        "a save does not heed If-Match",
        f"{_SCRIPTS}/save.lua",
        "if differs(record, expected) then",
        "if false then",
        (Invariant.NO_LOST_SAVE,),
    ),
    Mutant(
        "a lease never ends",
        f"{_SCRIPTS}/begin.lua",
        "math.ceil((now + lease) / 1000)",
        "math.ceil((now + 1000 * lease) / 1000)",
        (Invariant.CLAIMABLE,),
    ),
    Mutant(
        "a tombstone stands for a minute",
        f"{_SCRIPTS}/finish.lua",
        "'PX', tonumber(ARGV[2]))",
        "'PX', 60000)",
        (Invariant.KNOWN_AS_CLAIMED,),
    ),
    Mutant(
        "a claim leaves a key of its own",
        f"{_SCRIPTS}/begin.lua",
        "redis.call('SET', KEYS[1], frozen, 'PX', ttl)",
        "redis.call('SET', KEYS[1], frozen, 'PX', ttl)\nredis.call('SET', KEYS[1] .. ':lock', claim, 'PX', lease)",
        (Invariant.DRAFT_KEPT,),
    ),
    Mutant(
        "a session has no TTL",
        f"{_SCRIPTS}/sessions.lua",
        "redis.call('SET', KEYS[1], value, 'PXAT', latest)",
        "redis.call('SET', KEYS[1], value)",
        (Invariant.TTL,),
    ),
    Mutant(
        "a claim for an account does not check the owner of an earlier claim",
        f"{_USE_CASES}/claim_quote.py",
        "if owned is None or owned.claim.account_id != account.account_id:",
        "if owned is None:",
        (Invariant.REPLAY, Invariant.COMMITTED_ROWS, Invariant.CLAIM_XOR_DISCARD),
    ),
    Mutant(
        "a draft stays frozen though its account was erased meanwhile",
        f"{_CLAIMING}/commit_claim.py",
        "            self._reopen(ref, attempt)\n            raise AccessTokenInvalid from None",
        "            raise AccessTokenInvalid from None",
        (Invariant.CLAIMABLE,),
    ),
    Mutant(
        "an account deletes a quote of another account",
        "adapters/memory/database.py",
        "if claim is None or claim.account_id != account_id:",
        "if claim is None:",
        (Invariant.DRAFT_KEPT, Invariant.AUTHENTICATED, Invariant.COMMITTED_ROWS),
    ),
    Mutant(
        "a key that is repeated needs no password",
        f"{_USE_CASES}/register_and_claim.py",
        "        if not self._is_same_person(account, applicant):",
        "        if not (request and claim.request == request) and not self._is_same_person(account, applicant):",
        (Invariant.REPLAY,),
    ),
    Mutant(
        "another request with the same key is taken for a repetition",
        f"{_USE_CASES}/register_and_claim.py",
        "        if request and _has_key_of(claim, request) and claim.request != request:\n"
        "            raise IdempotencyKeyReused\n",
        "",
        (Invariant.REPLAY, Invariant.TRUE_ANSWER),
    ),
    Mutant(
        "a change of credentials does not heed another",
        "adapters/memory/database.py",
        "if present is None or _credentials(present) not in (_credentials(before), _credentials(after)):",
        "if present is None:",
        (Invariant.AUTHENTICATED,),
    ),
    Mutant(
        "a session does not end with the password that has opened it",
        f"{_USE_CASES}/authenticate.py",
        "if account is None or account.credentials_version != session.credentials_version:",
        "if account is None:",
        (Invariant.AUTHENTICATED,),
    ),
    Mutant(
        "an erasure leaves the reasons of operators",
        "adapters/memory/database.py",
        "entry.anonymised() if which(entry) else entry for entry",
        "entry for entry",
        (Invariant.ERASED,),
    ),
    Mutant(
        "an erasure leaves the draft that could not be read",
        "domain/claims.py",
        "        return replace(\n            self.done(),",
        "        return replace(\n            self,",
        (Invariant.ERASED, Invariant.NO_LOST_SAVE),
    ),
    Mutant(
        "a draft that could not be repaired goes with its last pass",
        "adapters/memory/outbox.py",
        "return is_left and claim.finished_at is not None and claim.finished_at <= finished_before",
        "return is_left and claim.finished_at is not None",
        (Invariant.DRAFT_KEPT,),
    ),
    # Bugs that schedules found in this project; they are fixed.
    Mutant(
        "a reconciler that was overtaken raises the alarm",
        f"{_REPAIRING}/repair_claim.py",
        "            dead = self._dead(claim, claim, Cause.DRAFT_LOST",
        '            _alarm.critical("SQL lost a commit")\n'
        "            dead = self._dead(claim, claim, Cause.DRAFT_LOST",
        (Invariant.TRUE_ANSWER,),
    ),
    Mutant(
        "the tombstone of a claim that died is an alarm when it is tried again",
        f"{_REPAIRING}/repair_claim.py",
        "if claim.finished_at or claim.cause:",
        "if claim.finished_at:",
        (Invariant.TRUE_ANSWER, Invariant.COMMITTED_ROWS),
    ),
    Mutant(
        "a claim with an unreadable draft deletes every unreadable draft",
        "adapters/memory/quotes.py",
        "entry.raw != undecodable and committed",
        "committed != NO_REVISION and committed",
        (Invariant.DRAFT_KEPT,),
    ),
    # These break nothing: the code saves work or gives better answers.
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
