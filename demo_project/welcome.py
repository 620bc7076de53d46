"""What ``make demo`` prints once it serves."""

from demo_project.demo_users import DEMO_USERS, PASSWORD
from demo_project.environment import Environment
from demo_project.schemes import SCHEMES


def welcome(environment: Environment, redis_url: str, second_service: str) -> str:
    """Return what was started, where to click, and how to switch."""
    base = environment.address
    chosen = SCHEMES[environment.auth_scheme]
    other = next(name for name in SCHEMES if name != chosen.name)
    names = ", ".join(user.name for user in DEMO_USERS)
    users = f"{names}; password {PASSWORD}" if environment.debug else "those you made"
    return f"""
{chosen.title} are on: /auth/ and /api/ use the {chosen.name} scheme.
To switch, stop this and run: AUTH_SCHEME={other} make demo

  Home           {base}/
  Login pages    {base}/jwt/auth/login/  {base}/session/auth/login/
  Admin's login  {base}/admin/login/
  API            {base}/api/public/  {base}/api/me/  {base}/api/notes/
  Both schemes   {base}/jwt/auth/ and /jwt/api/, {base}/session/auth/ and /session/api/
  Second service {second_service}
  Users          {users}

  Data           {environment.directory}
  Database       {"DATABASE_URL" if environment.database_url else "SQLite"}
  Redis          {"REDIS_URL" if environment.redis_url else redis_url}

Ctrl-C stops what was started here. The data stays."""
