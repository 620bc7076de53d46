"""Records and the hash fields that hold them."""

import pytest
from django.core.signing import JSONSerializer
from hypothesis import given
from hypothesis import strategies as st

from sessionauth.core.record import (
    AUTH_KEYS,
    SessionRecord,
    difference,
    from_fields,
    read_user_id,
    to_fields,
    user_checked,
)
from sessionauth.exceptions import RecordCorrupt

JSON = JSONSerializer()
HASH = "0123456789abcdef" * 4
FULL = SessionRecord(
    created_at_ms=1,
    authenticated_at_ms=2,
    user_checked_at_ms=3,
    idle_ms=4,
    deadline_ms=5,
    device="Firefox on Linux",
    address="2001:db8::1",
    data={"_auth_user_id": "7", "_auth_user_hash": HASH, "c": [], "": {}, ":c": None},
)
keys = st.text().filter(lambda key: key not in AUTH_KEYS)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


class TestRoundTrip:
    def test_every_part_comes_back_as_it_was(self) -> None:
        """A session must not change by being stored; a key named like ours neither."""
        assert from_fields(to_fields(FULL, JSON), JSON) == FULL

    @given(
        data=st.dictionaries(
            st.text().filter(lambda key: key not in AUTH_KEYS), json_values
        )
    )
    def test_any_json_data_comes_back_as_it_was(self, data: dict[str, object]) -> None:
        """Session data is the application's: every key and value JSON knows works."""
        record = SessionRecord(created_at_ms=1, data=data)

        assert from_fields(to_fields(record, JSON), JSON) == record

    @pytest.mark.parametrize("value", [[], {}, {"a": []}, [{}]])
    def test_empty_list_and_object_stay_apart(self, value: object) -> None:
        """Lua's cjson would turn [] into {}: no script may decode a value."""
        record = SessionRecord(created_at_ms=1, data={"k": value})

        assert from_fields(to_fields(record, JSON), JSON).data["k"] == value

    def test_auth_hash_takes_33_bytes(self) -> None:
        """One value over 64 bytes makes Redis store the hash in twice the memory."""
        fields = to_fields(FULL, JSON)

        assert len(fields[b"H"]) == 33
        assert max(map(len, fields.values())) <= 64

    def test_keys_of_a_login_take_one_letter_each(self) -> None:
        """Spelt out, the three names would be a fifth of every record."""
        data = {"_auth_user_id": "7", "_auth_user_backend": "b", "_auth_user_hash": "h"}
        fields = to_fields(SessionRecord(created_at_ms=1, data=data), JSON)

        assert fields.keys() == {b"c", b"U", b"B", b"H"}

    @pytest.mark.parametrize(
        ("key", "name"), [(1, b":1"), (True, b":true"), (None, b":null")]
    )
    def test_key_that_is_no_text_is_spelt_as_json_does(
        self, key: object, name: bytes
    ) -> None:
        """Django's JSON sessions do so too; code that relies on it keeps working."""
        record = SessionRecord(created_at_ms=1, data={key: "v"})  # type: ignore[dict-item]

        assert to_fields(record, JSON)[name] == b'"v"'

    def test_key_that_json_can_not_spell_is_a_type_error(self) -> None:
        """As with Django's own engines: found at the save, not at a later load."""
        record = SessionRecord(created_at_ms=1, data={(1, 2): "v"})  # type: ignore[dict-item]

        with pytest.raises(TypeError):
            to_fields(record, JSON)


class TestFromFields:
    @pytest.mark.requirement("SES-13")
    @pytest.mark.parametrize(
        "damage",
        [
            {b"c": b"soon"},
            {b"c": b""},
            {b"v": b"\xff"},
            {b"q": b"1"},
            {b"": b"1"},
            {b":k": b"{"},
            {b":k": b""},
            {b":k": b"\x80\x04K\x01."},
            {b":k": b"[" * 100_000},
            {b":\xff": b"1"},
            {b"d": b"\xff"},
            {b"U": b"7"},
            {b"U": b"[7]"},
            {b"B": b"null"},
            {b"H": b"{}"},
            {b"U": b'"7\\u0000"'},
            {b"H": b'"\\ud800"'},
            {b":_auth_user_id": b'"7"'},
            {b"c": b"9" * 5000},
            {b"a": b"253402300800000"},
            {b"u": b"-62135596800001"},
        ],
        ids=repr,
    )
    def test_damaged_fields_are_corrupt(self, damage: dict[bytes, bytes]) -> None:
        """Whatever a fault or an intruder wrote there is no session, and no 500."""
        fields = {**to_fields(FULL, JSON), **damage}

        with pytest.raises(RecordCorrupt):
            from_fields(fields, JSON)

    @pytest.mark.requirement("SES-13")
    def test_missing_creation_time_is_corrupt(self) -> None:
        """Without it the absolute timeout would have no anchor."""
        with pytest.raises(RecordCorrupt):
            from_fields({b":k": b"1"}, JSON)

    def test_error_does_not_quote_the_value(self) -> None:
        """The fault is logged, and what is stored may be private."""
        fields = {b"c": b"1", b":k": b'{"card": 4111111111111111'}

        with pytest.raises(RecordCorrupt) as caught:
            from_fields(fields, JSON)

        assert "4111" not in str(caught.value)
        assert caught.value.__cause__ is None

    def test_repr_of_a_record_hides_the_data(self) -> None:
        """Records stand in tracebacks and error reports."""
        assert HASH not in repr(FULL)


class TestReadUserId:
    @pytest.mark.parametrize("stored", [None, b"{", b"7", b"[" * 100_000, b"\xff"])
    def test_unreadable_user_is_nobody(self, stored: bytes | None) -> None:
        """A damaged record must still be deletable."""
        assert read_user_id(stored, JSON) is None

    def test_stored_user_is_read(self) -> None:
        """The index is found by it when a session ends."""
        assert read_user_id(b'"7"', JSON) == "7"


class TestDifference:
    def test_only_what_changed_is_written(self) -> None:
        """Requests that change different keys both win only if nothing else is sent."""
        old = {b":same": b"1", b":new": b"1", b":gone": b"1"}
        new = {b":same": b"1", b":new": b"2", b":more": b"1"}

        changed, gone = difference(old, new)

        assert changed == {b":new": b"2", b":more": b"1"}
        assert gone == (b":gone",)


class TestUserChecked:
    def test_check_is_noted_beside_the_rest(self) -> None:
        """Noting the check must not write the session's data."""
        fields = to_fields(FULL, JSON)

        noted = user_checked(fields, 99)

        assert difference(fields, noted) == ({b"v": b"99"}, ())
