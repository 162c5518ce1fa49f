"""Runs `python -m unittest`, and records each result for the runner of tests.

usage: unittest_recorder.py REPORT [ARGUMENTS OF UNITTEST]

Descriptor 3 gives a key that nobody else has. Each record is sealed with it and with the seal before, so that what code
under test prints, writes into the report, or leaves behind by ending the process is no record. The key, the report and
the functions that are needed for it are held in closures from before the first module under test is loaded.
"""

import os
import sys

__unittest = True


def _run():
    here = os.path.realpath(os.path.dirname(__file__))
    is_first = bool(sys.path) and os.path.realpath(sys.path[0] or ".") == here
    if is_first:
        del sys.path[0]

    # From the library alone, whatever the path, hooks of imports and files that Python loads by itself put in its place.
    paths, finders = sys.path[:], sys.meta_path[:]
    library = os.path.dirname(os.__file__)
    own = [path for path in paths if path == library or path == os.path.join(library, "lib-dynload")]
    sys.path[:] = own or paths
    builtin = ("_frozen_importlib", "_frozen_importlib_external")
    sys.meta_path[:] = [finder for finder in finders if getattr(finder, "__module__", None) in builtin] or finders
    for name in [name for name in sys.modules if name.split(".")[0] == "unittest"]:
        del sys.modules[name]
    import unittest
    import unittest.case
    import unittest.loader
    import unittest.main
    import unittest.result
    import unittest.runner
    import unittest.suite
    import contextlib

    # What only this file needs is as unloaded to code under test as it would be without it.
    known = set(sys.modules)
    import hmac
    import json

    for name in set(sys.modules) - known:
        del sys.modules[name]
    sys.path[:], sys.meta_path[:] = paths, finders
    if is_first:
        sys.path.insert(0, os.getcwd())

    key = b""
    while True:
        more = os.read(3, 4096)
        if not more:
            break
        key += more
    os.close(3)
    key = key.strip()
    report = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
    encode, seal, write, frame = json.JSONEncoder().encode, hmac.new, os.write, sys._getframe
    getattribute, text_of, kind_of, is_kind = getattr, str, type, isinstance
    case, suites = unittest.case, unittest.suite
    last = [b""]

    def record(*fields):
        body = encode(fields).encode("ascii")
        last[0] = seal(key, last[0] + body, "sha256").hexdigest().encode("ascii")
        line = last[0] + b" " + body + b"\n"
        while line:
            line = line[write(report, line) :]

    should_stop = case._ShouldStop
    outcome_class = case._Outcome

    class Outcome(outcome_class):
        @contextlib.contextmanager
        def testPartExecutor(self, *given, **named):
            with outcome_class.testPartExecutor(self, *given, **named):
                try:
                    yield
                except should_stop:
                    # unittest stops a test by it after a part that failed; whoever else raises it hides a failure.
                    if self.success and not self.expectedFailure:
                        raise RuntimeError("unittest was told to stop this test") from None
                    raise

    case._Outcome = Outcome

    test_case, subtest = case.TestCase, case._SubTest
    run_code = test_case.run.__code__
    skip_test, warn = case.SkipTest, case.warnings.warn

    def hold_against(method, value):
        """Skips a test whose body nobody ran: it is in what the method returned, and unittest looks at no such value."""
        if value is None:
            return
        kind = kind_of(value)
        is_lazy = any(hasattr(kind, name) for name in ("__await__", "__next__", "__anext__"))
        is_function = callable(value) and kind.__module__ in ("builtins", "functools") and not is_kind(value, kind_of)
        if is_lazy or is_function:
            # Python itself tells of a coroutine that it was never awaited.
            hint = "; IsolatedAsyncioTestCase awaits it" if hasattr(kind, "__await__") else ""
            raise skip_test("its body did not run: it returned a %s, which nobody runs%s" % (kind.__name__, hint))
        if sys.version_info >= (3, 11):
            text = "It is deprecated to return a value that is not None from a test case (%s)" % (method,)
            warn(text, DeprecationWarning, stacklevel=4)

    def call_test_method(self, method):
        hold_against(method, method())

    def call_asynchronous_method(self, method):
        hold_against(method, self._callMaybeAsync(method))

    if "_callTestMethod" in vars(test_case):
        test_case._callTestMethod = call_test_method

    # Names that projects replace to show tests otherwise, and older names for the same assertions.
    free = {"shortDescription", "__str__", "__repr__", "id", "failUnless", "failIf", "assert_"}
    free |= {"assertEquals", "assertNotEquals", "assertItemsEqual"}
    watched = []

    def watch(owner, name, value):
        function = getattribute(value, "__func__", value)
        watched.append((owner, name, value, function, getattribute(function, "__code__", None)))

    for module in (case, suites, unittest.result, unittest.runner, contextlib):
        for name, value in vars(module).items():
            if not (is_kind(value, type) or callable(value) or is_kind(value, kind_of(os))):
                continue
            watch(module, name, value)
            if not is_kind(value, type) or value.__module__ != module.__name__:
                continue
            for member, function in vars(value).items():
                is_free = member in free or member.endswith(("Regexp", "Matches"))
                if callable(getattribute(function, "__func__", function)) and not (is_free and value is test_case):
                    watch(value, member, function)
    watch(sys.modules["builtins"], "__build_class__", __build_class__)
    watch(unittest, "TestCase", test_case)
    asynchronous = []

    def watch_asynchronous():
        # Loaded with asyncio, so only where a test needs it; held against its own source.
        module = sys.modules.get("unittest.async_case")
        if module is None or asynchronous:
            return
        asynchronous.append(module)
        codes, expected = [module.__spec__.loader.get_code(module.__name__)], set()
        while codes:
            code = codes.pop()
            expected.add((code.co_name, code.co_code, code.co_names))
            codes.extend(constant for constant in code.co_consts if is_kind(constant, kind_of(run_code)))
        for member, function in list(vars(module.IsolatedAsyncioTestCase).items()):
            code = getattribute(function, "__code__", None)
            if code is None:
                continue
            if (code.co_name, code.co_code, code.co_names) not in expected:
                change(module.IsolatedAsyncioTestCase, member)
            if member == "_callTestMethod":
                function = module.IsolatedAsyncioTestCase._callTestMethod = call_asynchronous_method
            watch(module.IsolatedAsyncioTestCase, member, function)

    def method_of(test):
        """What a test runs, with its code; None where it is no test of unittest's own making."""
        name = getattribute(test, "_testMethodName", None)
        for place in (test, *kind_of(test).__mro__):
            found = getattribute(place, "__dict__", {}).get(name)
            if found is not None:
                return found, getattribute(found, "__code__", None)
        return None

    told, methods = set(), {}

    def change(owner, name):
        label = "%s.%s" % (getattribute(owner, "__qualname__", owner.__name__), name)
        if label not in told:
            told.add(label)
            record("changed", label)

    def tell_changes():
        watch_asynchronous()
        for owner, name, value, function, code in watched:
            if owner.__dict__.get(name) is not value or getattribute(function, "__code__", None) is not code:
                change(owner, name)
        if "__getattribute__" in vars(test_case) or "__getattr__" in vars(test_case):
            change(test_case, "__getattribute__")

    def title_of(test):
        if is_kind(test, test_case) and kind_of(test).__str__ is test_case.__str__:
            return "%s (%s.%s)" % (test._testMethodName, kind_of(test).__module__, kind_of(test).__qualname__)
        return text_of(test)

    class Recorder(unittest.TextTestResult):
        def startTest(self, test):
            tell_changes()
            if methods.get(text_of(test.id())) not in (None, method_of(test)):
                change(kind_of(test), test._testMethodName)
            record("start", text_of(test.id()), title_of(test))
            super().startTest(test)

        def stopTest(self, test):
            super().stopTest(test)
            tell_changes()
            record("stop", text_of(test.id()))

        def addSuccess(self, test):
            caller = frame(1)
            if caller.f_code is not run_code:
                above = caller
                while above is not None and above.f_code is not run_code:
                    above = above.f_back
                if above is not None:
                    record("forged", caller.f_code.co_filename)
            record("passed", title_of(test), "")
            super().addSuccess(test)

        def addFailure(self, test, error):
            record("failed", title_of(test), self._exc_info_to_string(error, test)[:16384])
            super().addFailure(test, error)

        def addError(self, test, error):
            record("failed", title_of(test), self._exc_info_to_string(error, test)[:16384])
            super().addError(test, error)

        def addUnexpectedSuccess(self, test):
            record("failed", title_of(test), "unexpected success")
            super().addUnexpectedSuccess(test)

        def addExpectedFailure(self, test, error):
            record("todo", title_of(test), "")
            super().addExpectedFailure(test, error)

        def addSkip(self, test, reason):
            if is_kind(test, subtest):
                record("part skipped", title_of(test.test_case), "")
            else:
                record("skipped", title_of(test), "")
            super().addSkip(test, reason)

        def addSubTest(self, test, part, error):
            if error is not None:
                record("part failed", title_of(test), self._exc_info_to_string(error, test)[:16384])
            super().addSubTest(test, part, error)

    def planned(tests, ids):
        """Whether all of these are in suites that run what they hold."""
        for test in tests:
            if not hasattr(test, "__iter__"):
                name, method = text_of(test.id()), method_of(test)
                methods[name] = method if methods.get(name, method) == method else None
                ids.append(name)
            elif kind_of(test) is not suites.TestSuite or not planned(test, ids):
                return False
        return True

    class Runner(unittest.TextTestRunner):
        resultclass = Recorder

        def run(self, test):
            ids = []
            record("plan", ids if planned([test], ids) else None)
            result = super().run(test)
            tell_changes()
            record("end", bool(result.shouldStop))
            return result

    for owner in (Outcome, Recorder, Runner):
        for name, value in vars(owner).items():
            watch(owner, name, value)
    sys.argv[:2] = [os.path.basename(sys.executable) + " -m unittest"]
    unittest.main(module=None, testRunner=Runner)


if __name__ == "__main__":
    run = _run
    del _run
    run()
