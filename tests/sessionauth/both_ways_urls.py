"""The same views twice, sync and async, for the tests of both kinds of server."""

from django.contrib import messages
from django.contrib.auth import (
    HASH_SESSION_KEY,
    aauthenticate,
    alogin,
    alogout,
    authenticate,
    login,
    logout,
    update_session_auth_hash,
)
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from sessionauth.engine import SessionStore


def log_in(request: HttpRequest) -> HttpResponse:
    user = authenticate(request, **request.POST.dict())
    assert user is not None
    login(request, user)
    return HttpResponse("in")


async def alog_in(request: HttpRequest) -> HttpResponse:
    user = await aauthenticate(request, **request.POST.dict())
    assert user is not None
    await alogin(request, user)
    return HttpResponse("in")


def log_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return HttpResponse("out")


async def alog_out(request: HttpRequest) -> HttpResponse:
    await alogout(request)
    return HttpResponse("out")


def look(request: HttpRequest) -> HttpResponse:
    colour = request.session.get("colour")
    return JsonResponse({"user": request.user.pk, "colour": colour})


async def alook(request: HttpRequest) -> HttpResponse:
    user = await request.auser()
    return JsonResponse(
        {"user": user.pk, "colour": await request.session.aget("colour")}
    )


def put(request: HttpRequest) -> HttpResponse:
    request.session.update(request.POST.dict())
    return HttpResponse("kept")


async def aput(request: HttpRequest) -> HttpResponse:
    await request.session.aupdate(request.POST.dict())
    return HttpResponse("kept")


def renew(request: HttpRequest) -> HttpResponse:
    request.session.cycle_key()
    return HttpResponse("renewed")


async def arenew(request: HttpRequest) -> HttpResponse:
    await request.session.acycle_key()
    return HttpResponse("renewed")


def new_password(request: HttpRequest) -> HttpResponse:
    request.user.set_password("a new one")
    request.user.save()
    update_session_auth_hash(request, request.user)
    return HttpResponse("changed")


async def anew_password(request: HttpRequest) -> HttpResponse:
    user = await request.auser()
    user.set_password("a new one")
    await user.asave()
    # What aupdate_session_auth_hash() does, which fails where only auser() was asked:
    # it compares with request.user, and that is another, sync way to the row.
    await request.session.acycle_key()
    await request.session.aset(HASH_SESSION_KEY, user.get_session_auth_hash())
    return HttpResponse("changed")


def overtaken(request: HttpRequest) -> HttpResponse:
    """A request that is so slow that a logout elsewhere comes first."""
    request.session["colour"] = "slow"
    SessionStore(request.session.session_key).flush()
    return HttpResponse("done")


async def aovertaken(request: HttpRequest) -> HttpResponse:
    await request.session.aset("colour", "slow")
    await SessionStore(request.session.session_key).aflush()
    return HttpResponse("done")


def brief(request: HttpRequest) -> HttpResponse:
    request.session.set_expiry(60)
    return HttpResponse("brief")


async def abrief(request: HttpRequest) -> HttpResponse:
    await request.session.aset_expiry(60)
    return HttpResponse("brief")


def tell(request: HttpRequest) -> HttpResponse:
    messages.info(request, "hello")
    request.session.set_test_cookie()
    return HttpResponse("told")


async def atell(request: HttpRequest) -> HttpResponse:
    messages.info(request, "hello")
    await request.session.aset_test_cookie()
    return HttpResponse("told")


def hear(request: HttpRequest) -> HttpResponse:
    heard = [str(message) for message in messages.get_messages(request)]
    worked = request.session.test_cookie_worked()
    if worked:
        request.session.delete_test_cookie()
    return JsonResponse({"heard": heard, "worked": worked})


async def ahear(request: HttpRequest) -> HttpResponse:
    heard = [str(message) for message in messages.get_messages(request)]
    worked = await request.session.atest_cookie_worked()
    if worked:
        await request.session.adelete_test_cookie()
    return JsonResponse({"heard": heard, "worked": worked})


VIEWS = {
    "log-in": (log_in, alog_in),
    "log-out": (log_out, alog_out),
    "look": (look, alook),
    "put": (put, aput),
    "renew": (renew, arenew),
    "new-password": (new_password, anew_password),
    "overtaken": (overtaken, aovertaken),
    "brief": (brief, abrief),
    "tell": (tell, atell),
    "hear": (hear, ahear),
}

urlpatterns = [
    path(f"{kind}/{name}/", views[number])
    for name, views in VIEWS.items()
    for number, kind in enumerate(("sync", "async"))
]
