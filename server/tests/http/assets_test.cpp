// SPDX-License-Identifier: MIT
#include "support/routes.hpp"
#include "support/running_server.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace trunkline::http::testing {

namespace {

constexpr Asset files[] = {
    {"/index.html", "text/html; charset=utf-8", "<!doctype html>", {}, {}, "\"i1\""},
    {"/assets/app-3f2a.js", "text/javascript; charset=utf-8", "identity", "gzipped", "brotli", "\"a1\""},
};

struct EmbeddedAssets : ::testing::Test {
    ThingRoutes things;
    RunningServer server{things.routes(), {}, {}, Assets(AssetTable(files))};
};

/// A folder that is removed at the end.
class Folder {
public:
    Folder()
    {
        char name[] = "/tmp/trunkline-assets-XXXXXX";
        path_ = ::mkdtemp(name);
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    const std::filesystem::path& path() const { return path_; }
    void write(const std::string& name, const std::string& text) const
    {
        std::filesystem::create_directories((path_ / name).parent_path());
        std::ofstream(path_ / name) << text;
    }

private:
    std::filesystem::path path_;
};

} // namespace

TEST_F(EmbeddedAssets, a_page_of_the_client_is_index_html)
{
    for (const std::string path : {"/", "/clients", "/chat/0198", "/index.html"}) {
        const Answer answer = server.get(path);
        EXPECT_EQ(answer.status, 200) << path;
        EXPECT_EQ(answer.body, "<!doctype html>");
        EXPECT_EQ(answer.header("Content-Type"), "text/html; charset=utf-8");
        EXPECT_EQ(answer.header("Cache-Control"), "no-cache");
    }
}

TEST_F(EmbeddedAssets, a_missing_file_or_api_path_is_404)
{
    for (const std::string path : {"/missing.js", "/assets/app-0000.js", "/api", "/api/v1/nothing", "/api/v2/x"})
        EXPECT_EQ(server.get(path).status, 404) << path;
    EXPECT_EQ(server.post("/clients", "{}").status, 404);
}

TEST_F(EmbeddedAssets, a_hashed_name_is_kept_for_ever)
{
    EXPECT_EQ(server.get("/assets/app-3f2a.js").header("Cache-Control"), "public, max-age=31536000, immutable");
}

TEST_F(EmbeddedAssets, the_smallest_encoding_the_client_takes_is_sent)
{
    const auto body_for = [&](const std::string& accept) {
        const Answer answer = server.get("/assets/app-3f2a.js", {"Accept-Encoding: " + accept});
        EXPECT_EQ(answer.header("Vary"), "Accept-Encoding");
        return answer.body + "/" + answer.header("Content-Encoding");
    };
    EXPECT_EQ(body_for("gzip, deflate, br"), "brotli/br");
    EXPECT_EQ(body_for("gzip"), "gzipped/gzip");
    EXPECT_EQ(body_for("br;q=0, gzip;q=0.5"), "gzipped/gzip");
    EXPECT_EQ(body_for("br;q=0.2, gzip;q=0.8"), "gzipped/gzip");
    EXPECT_EQ(body_for("*"), "brotli/br");
    EXPECT_EQ(body_for("identity"), "identity/");
    EXPECT_EQ(server.get("/", {"Accept-Encoding: br"}).header("Content-Encoding"), "");
}

TEST_F(EmbeddedAssets, what_the_client_has_already_is_304)
{
    const Answer answer = server.get("/", {"If-None-Match: \"x\", W/\"i1\""});
    EXPECT_EQ(answer.status, 304);
    EXPECT_EQ(answer.header("ETag"), "\"i1\"");
    EXPECT_EQ(answer.body, "");
    EXPECT_EQ(server.get("/", {"If-None-Match: \"other\""}).status, 200);
}

TEST_F(EmbeddedAssets, a_304_does_not_confuse_the_connection)
{
    Client client = server.connect();
    EXPECT_EQ(client.ask(request("GET", "/", server.port(), {"If-None-Match: *"})).status, 304);
    EXPECT_EQ(client.ask(request("GET", "/", server.port())).body, "<!doctype html>");
}

TEST(FolderAssets, are_read_again_at_every_request)
{
    const Folder folder;
    folder.write("index.html", "one");
    ThingRoutes things;
    RunningServer server(things.routes(), {}, {}, Assets(folder.path()));
    const std::string first = server.get("/").header("ETag");
    EXPECT_EQ(server.get("/clients").body, "one");
    folder.write("index.html", "two");
    EXPECT_EQ(server.get("/").body, "two");
    EXPECT_NE(server.get("/").header("ETag"), first);
}

TEST(FolderAssets, never_leave_the_folder)
{
    const Folder folder;
    folder.write("web/index.html", "page");
    folder.write("secret.txt", "secret");
    folder.write("web/.hidden.txt", "hidden");
    std::filesystem::create_symlink(folder.path() / "secret.txt", folder.path() / "web/link.txt");
    ThingRoutes things;
    RunningServer server(things.routes(), {}, {}, Assets(folder.path() / "web"));
    for (const std::string path :
         {"/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/.hidden.txt", "/link.txt", "//secret.txt"})
        EXPECT_EQ(server.get(path).status, 404) << path;
}

TEST(FolderAssets, need_a_folder)
{
    EXPECT_THROW(Assets(std::filesystem::path("/nowhere/at/all")), std::filesystem::filesystem_error);
}

} // namespace trunkline::http::testing
