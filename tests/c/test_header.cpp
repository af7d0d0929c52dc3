// The header as C++ uses it: included twice, with handles in smart pointers.
#include "rdsiam.h"

#include <cstring>
#include <memory>

#include "support.h"

template <typename T, void (*Free)(T *)> struct Freed {
    void operator()(T *handle) const {
        Free(handle);
    }
};
using Client = std::unique_ptr<rdsiam_client, Freed<rdsiam_client, rdsiam_client_free>>;
using Token = std::unique_ptr<rdsiam_token, Freed<rdsiam_token, rdsiam_token_free>>;
using Error = std::unique_ptr<rdsiam_error, Freed<rdsiam_error, rdsiam_error_free>>;

int main() {
    rdsiam_client *client = nullptr;
    rdsiam_token *token = nullptr;
    rdsiam_error *err = nullptr;
    CHECK_OK(rdsiam_client_new(nullptr, &client, &err), err);
    Client owned(client);
    CHECK(rdsiam_token_get(owned.get(), "", 5432, "app", nullptr, &token, &err) ==
          RDSIAM_ERR_INVALID_ARGUMENT);
    Error error(err);
    Token none(token);
    CHECK(none == nullptr && std::strstr(rdsiam_error_message(error.get()), "host") != nullptr);
    return report("header", 4);
}
