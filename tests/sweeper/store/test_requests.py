"""Requests to a running launch: a queue of files."""

from sweeper.store.requests import LaunchRequest, oldest_request, remove_request, write_request


def test_requests_are_taken_in_order_and_removed(tmp_path):
    store = str(tmp_path)
    assert oldest_request(store) is None
    first, second = LaunchRequest("/a.yaml", {"scale": 0.5}), LaunchRequest("/b.yaml", {})
    names = [write_request(store, request) for request in (first, second)]
    assert oldest_request(store) == (names[0], first)
    remove_request(store, names[0])
    assert oldest_request(store) == (names[1], second)
    remove_request(store, names[1])
    assert oldest_request(store) is None


def test_a_damaged_request_holds_nothing_up(tmp_path):
    (tmp_path / "requests").mkdir()
    for name, text in (("0.json", "{"), ("1.json", '{"file": 1}')):
        (tmp_path / "requests" / name).write_text(text)
    request = LaunchRequest("/a.yaml", {})
    write_request(str(tmp_path), request)
    found = oldest_request(str(tmp_path))
    assert found is not None and found[1] == request
